// The edit page: photos are dragged into order, or moved by buttons, in place of the number fields.

import "./count.js";
import "./offers.js";
import { sortable } from "./order.js";

const list = document.querySelector("[data-shots]");
const said = document.querySelector("[data-said]");

const number = () =>
  [...list.children].forEach((item, index) => {
    item.querySelector("[name=position]").value = index + 1;
    item.querySelector("[data-number]").textContent = index + 1;
  });

sortable(list, (item, place) => {
  number();
  said.textContent = said.dataset.moved.replace("{place}", place).replace("{count}", list.children.length);
});
list.classList.add("shots--live");
