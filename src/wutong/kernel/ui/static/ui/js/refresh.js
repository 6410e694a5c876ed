// data-wt-refresh="address": fetches the fragment every two seconds and puts it in place of the element,
// until the fragment no longer carries data-wt-refresh (the work is done) or three answers in a row fail.

const PAUSE = 2000;
const watched = new WeakSet();

async function fragment(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.statusText);
  return new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
}

async function refresh(element, failures) {
  if (!element.isConnected) return;
  try {
    const next = await fragment(element.dataset.wtRefresh);
    if (!next) return;
    next.setAttribute("aria-live", "polite");
    element.replaceWith(next);
    watch(next);
  } catch {
    if (failures < 2) setTimeout(refresh, PAUSE * 2, element, failures + 1);
  }
}

function watch(root) {
  const found = [...root.querySelectorAll("[data-wt-refresh]")];
  if (root.matches?.("[data-wt-refresh]")) found.push(root);
  for (const element of found) {
    if (watched.has(element)) continue;
    watched.add(element);
    setTimeout(refresh, PAUSE, element, 0);
  }
}

document.addEventListener("htmx:afterSwap", (event) => watch(event.target));
watch(document);
