// data-wt-open="id" opens the dialog of that id; data-wt-close or a click on the backdrop closes it.
// A link with data-wt-open keeps its address for browsers without script.

function opened(event) {
  const opener = event.target.closest("[data-wt-open]");
  const dialog = opener && document.getElementById(opener.dataset.wtOpen);
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
}

function closed(event) {
  const dialog = event.target.closest("dialog");
  if (!dialog) return;
  if (event.target === dialog || event.target.closest("[data-wt-close]")) dialog.close();
}

document.addEventListener("click", (event) => {
  opened(event);
  closed(event);
});
