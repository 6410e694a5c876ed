// Menus are <details>: they work without script; with it, Escape and a click elsewhere close them, and one opens at a time.

const open = () => document.querySelectorAll("details[data-wt-menu][open]");

function closeOthers(target) {
  for (const menu of open()) {
    if (!menu.contains(target)) menu.open = false;
  }
}

function closeOnEscape(event) {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
}

document.addEventListener("click", (event) => closeOthers(event.target));
document.addEventListener("focusin", (event) => closeOthers(event.target));
document.addEventListener("keydown", closeOnEscape);
