// What every page gains: notes that go by themselves, menus that close, dialogs that open. All of it works without.

import "./toast.js";

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target) || event.target.closest(".menu__list :is(a, button)")) menu.open = false;
  }
  // <button data-opens="id of a dialog">, and in it <button data-closes>; a click beside the dialog closes it, too.
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.matches("dialog") || event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
});

document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
