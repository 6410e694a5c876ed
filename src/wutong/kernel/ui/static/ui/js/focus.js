// After a refused form the error summary takes the focus; its links lead into the fields.

function focusSummary(root) {
  root.querySelector("[data-wt-focus]")?.focus();
}

function enterField(event) {
  const link = event.target.closest("[data-wt-focus] a[href^='#']");
  if (!link) return;
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!target) return;
  event.preventDefault();
  const control = target.matches("input, select, textarea") ? target : target.querySelector("input, select, textarea");
  (control ?? target).focus();
  target.scrollIntoView({ block: "center" });
}

document.addEventListener("click", enterField);
document.addEventListener("htmx:afterSwap", (event) => focusSummary(event.target));
focusSummary(document);
