// File fields show what was chosen and take dropped files; a form with unsaved work asks before the page is left.

function showChosen(input) {
  const output = input.closest("[data-wt-drop]")?.querySelector("output");
  if (output) output.value = [...input.files].map((file) => file.name).join("、");
}

function mark(event) {
  const zone = event.target.closest?.("[data-wt-drop]");
  if (!zone) return;
  event.preventDefault();
  zone.classList.toggle("wt-drop-over", event.type === "dragover");
}

function drop(event) {
  const zone = event.target.closest?.("[data-wt-drop]");
  const input = zone?.querySelector("input[type=file]");
  if (!input || !event.dataTransfer.files.length) return;
  mark(event);
  const taken = new DataTransfer();
  const files = input.multiple ? [...event.dataTransfer.files] : [event.dataTransfer.files[0]];
  files.forEach((file) => taken.items.add(file));
  input.files = taken.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

const dirty = new Set();

document.addEventListener("dragover", mark);
document.addEventListener("dragleave", mark);
document.addEventListener("drop", drop);
document.addEventListener("change", (event) => event.target.type === "file" && showChosen(event.target));
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-wt-dirty][method=post]");
  if (form) dirty.add(form);
});
document.addEventListener("submit", (event) => dirty.delete(event.target));
addEventListener("beforeunload", (event) => {
  if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
});
