// Short notes that come and go: `toast("Saved")`, `toast("Deleted", {action: {label, href}})` or `{action: {label, onclick}}`.
// They wait while the pointer or the focus is on them.

const box = document.getElementById("toasts");
const SHORT = 6000;
const WITH_ACTION = 30_000; // as long as a deletion can be undone

function settle(item) {
  const time = item.querySelector("form, a, button") ? WITH_ACTION : SHORT;
  let timer;
  const wait = () => clearTimeout(timer);
  const run = () => {
    wait();
    timer = setTimeout(() => item.remove(), time);
  };
  const close = box.querySelector("template").content.firstElementChild.cloneNode(true);
  close.addEventListener("click", () => item.remove());
  item.append(close);
  for (const name of ["pointerenter", "focusin"]) item.addEventListener(name, wait);
  for (const name of ["pointerleave", "focusout"]) item.addEventListener(name, run);
  run();
}

function control({ label, href, onclick }, item) {
  const made = document.createElement(href ? "a" : "button");
  made.className = "toast__action";
  made.textContent = label;
  if (href) made.href = href;
  else {
    made.type = "button";
    made.addEventListener("click", () => {
      item.remove();
      onclick();
    });
  }
  return made;
}

export function toast(text, { action } = {}) {
  const item = document.createElement("div");
  item.className = "toast";
  const words = document.createElement("p");
  words.textContent = text;
  item.append(words);
  if (action) item.append(control(action, item));
  box.append(item);
  settle(item);
  return item;
}

// Those that came with the page are put in anew: only what changes is read out.
for (const item of box?.querySelectorAll(".toast") ?? []) {
  box.append(item);
  settle(item);
}
