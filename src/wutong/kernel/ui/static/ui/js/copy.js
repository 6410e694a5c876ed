// data-wt-copy="text": puts the text on the clipboard and says so on the button (data-wt-done) for a moment.

async function copy(event) {
  const button = event.target.closest("[data-wt-copy]");
  if (!button || !navigator.clipboard) return;
  await navigator.clipboard.writeText(button.dataset.wtCopy);
  const before = button.textContent;
  button.textContent = button.dataset.wtDone;
  setTimeout(() => { button.textContent = before; }, 1500);
}

document.addEventListener("click", copy);
