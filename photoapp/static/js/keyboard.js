// Keys on every page of a member: j and k from post to post, single letters for what is done with one, ? for the list
// of them all (partials/keys.html), in which they can be turned off. And what a tab kept is forgotten at logout.

const OFF = "keys-off"; // in localStorage: a choice for this device
const dialog = document.getElementById("keys");
const toggle = dialog.querySelector("[data-keys]");

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
const posts = () => [...document.querySelectorAll("[data-post]")];

/** The post that has the focus, else the first one that can be seen. */
function current() {
  const top = document.querySelector(".site-header")?.getBoundingClientRect().bottom ?? 0;
  const focused = document.activeElement?.closest("[data-post]");
  return focused ?? posts().find((post) => post.getBoundingClientRect().bottom > Math.max(top, 0) + 80);
}

function move(by) {
  const all = posts();
  const here = current();
  const next = here === document.activeElement?.closest("[data-post]") ? all[all.indexOf(here) + by] : here;
  if (!next) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start" });
}

const press = (selector) => current()?.querySelector(selector)?.click();

function comment() {
  const box = document.querySelector("#comments textarea");
  if (box) box.focus();
  else if (current()) location.assign(`/p/${current().dataset.post}/#id_text`); // it has the focus there
}

function search() {
  const box = document.querySelector("main input[type=search]");
  if (box) box.focus();
  else location.assign("/search/");
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  l: () => press("[data-like] button"),
  s: () => press("[data-save] button"),
  c: comment,
  o: () => current() && location.assign(`/p/${current().dataset.post}/`),
  "/": search,
  "?": () => dialog.showModal(),
};

document.addEventListener("keydown", (event) => {
  const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!act || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]") || localStorage.getItem(OFF)) return;
  event.preventDefault();
  act();
});

toggle.checked = !localStorage.getItem(OFF);
toggle.addEventListener("change", () => {
  if (toggle.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
});

document.addEventListener("submit", ({ target }) => {
  if (target.getAttribute("action")?.startsWith("/logout/")) sessionStorage.clear();
});
