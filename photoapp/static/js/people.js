// <input data-people>: user names with commas between them. While one types, members are offered in a list below (the
// ARIA combobox pattern); without this module, or without a connection, it stays the text field it is.

const WAIT = 180; // milliseconds without a key

function fragment(input) {
  // The name at the cursor: where it begins and ends, and its letters.
  const before = input.value.slice(0, input.selectionStart);
  const start = Math.max(...[",", ";", " ", "\n"].map((mark) => before.lastIndexOf(mark))) + 1;
  const rest = input.value.slice(start).search(/[,;\s]/);
  const end = rest < 0 ? input.value.length : start + rest;
  return { start, end, text: input.value.slice(start, end).replace(/^@/, "") };
}

function option(person, id) {
  const item = document.createElement("li");
  item.id = id;
  item.className = "people-list__item";
  item.setAttribute("role", "option");
  item.dataset.name = person.username;
  const face = document.createElement(person.avatar ? "img" : "span");
  face.className = "avatar people-list__face";
  if (person.avatar) {
    face.src = new URL(person.avatar).pathname;
    face.alt = "";
  } else {
    face.textContent = (person.display_name || person.username)[0].toUpperCase();
    face.ariaHidden = "true";
  }
  const words = document.createElement("span");
  words.className = "people-list__words";
  const name = document.createElement("b");
  name.textContent = person.display_name || person.username;
  words.append(name, ` @${person.username}`);
  item.append(face, words);
  return item;
}

function enhance(input, number) {
  const list = document.createElement("ul");
  list.className = "people-list";
  list.id = `people-list-${number}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.offers);
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  const box = document.createElement("div");
  box.className = "people-box";
  input.replaceWith(box);
  box.append(input, list, said);
  const state = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(state)) input.setAttribute(name, value);

  let timer;
  let request;
  let active = -1;

  const close = () => {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = (index + list.children.length) % list.children.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const take = (item) => {
    const { start, end } = fragment(input);
    const after = input.value.slice(end).replace(/^[,;\s]+/, "");
    const before = input.value.slice(0, start) + item.dataset.name + ", ";
    input.value = before + after;
    input.setSelectionRange(before.length, before.length);
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const find = async () => {
    const { text } = fragment(input);
    if (!text) return close();
    request?.abort();
    request = new AbortController();
    try {
      const query = new URLSearchParams({ q: text, type: "people" });
      const answer = await fetch(`/api/v1/search/?${query}`, { signal: request.signal });
      if (!answer.ok) return close();
      const there = new Set(input.value.toLowerCase().split(/[,;\s@]+/));
      const { results } = await answer.json();
      const offered = results.filter((person) => person.username === text || !there.has(person.username)).slice(0, 6);
      list.replaceChildren(...offered.map((person, index) => option(person, `${list.id}-${index}`)));
      const any = list.children.length > 0;
      said.textContent = any ? input.dataset.found.replace("{count}", list.children.length) : input.dataset.none;
      active = -1;
      list.hidden = !any;
      input.setAttribute("aria-expanded", String(any));
      input.removeAttribute("aria-activedescendant");
    } catch {
      // Typed anew meanwhile, or no connection: names can be typed without help.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(active + 1);
    else if (event.key === "ArrowUp") mark(active < 0 ? -1 : active - 1);
    else if (event.key === "Enter" || (event.key === "Tab" && active >= 0)) take(list.children[Math.max(active, 0)]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => take(event.target.closest("li")));
  input.addEventListener("blur", close);
}

document.querySelectorAll("input[data-people]").forEach(enhance);
