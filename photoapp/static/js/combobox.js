// A field that offers something while one types: the ARIA combobox pattern, for arrows, Enter, Tab and Escape, and for
// fingers. Without it, or without a connection, the field stays the text field it is.
//
//   combobox(field, { ask, take, first })
//
// `ask(signal)` gives the offers, [{ value, face, name, note }], or null where there is nothing to offer; `take(value)`
// is called for the one that was chosen; with `first`, Enter takes the first where none is marked.

const WAIT = 150; // milliseconds without a key
let count = 0;

function faceOf({ face, name }) {
  if (face?.startsWith("/")) {
    const picture = document.createElement("img");
    picture.src = face;
    picture.alt = "";
    return picture;
  }
  const sign = document.createElement("span");
  sign.textContent = face ?? name[0].toUpperCase();
  sign.ariaHidden = "true";
  return sign;
}

function option(offer, id) {
  const item = document.createElement("li");
  item.id = id;
  item.className = "offers__item";
  item.setAttribute("role", "option");
  const face = faceOf(offer);
  face.className = "avatar offers__face";
  const words = document.createElement("span");
  words.className = "offers__words";
  const name = document.createElement("b");
  name.textContent = offer.name;
  words.append(name, offer.note ? ` ${offer.note}` : "");
  item.append(face, words);
  return item;
}

export function combobox(field, { ask, take, first = false }) {
  const list = document.createElement("ul");
  list.className = "offers";
  list.id = `offers-${(count += 1)}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.offers);
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  const box = document.createElement("div");
  box.className = "offers-box";
  field.replaceWith(box);
  box.append(field, list, said);
  // A field of several lines is no combobox to ARIA; it only says which offer is marked.
  const state = { "aria-autocomplete": "list", "aria-controls": list.id };
  if (field.tagName === "INPUT") Object.assign(state, { role: "combobox", "aria-expanded": "false" });
  for (const [name, value] of Object.entries(state)) field.setAttribute(name, value);

  let timer;
  let request;
  let offers = [];
  let active = -1;

  const expanded = (open) => {
    list.hidden = !open;
    if (field.tagName === "INPUT") field.setAttribute("aria-expanded", String(open));
  };
  const close = () => {
    clearTimeout(timer);
    request?.abort();
    active = -1;
    expanded(false);
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = (index + offers.length) % offers.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    field.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const choose = (index) => {
    const { value } = offers[index];
    close();
    take(value);
  };
  const find = async () => {
    request?.abort();
    request = new AbortController();
    try {
      const found = await ask(request.signal);
      if (!found) return close();
      offers = found;
      list.replaceChildren(...offers.map((offer, index) => option(offer, `${list.id}-${index}`)));
      said.textContent = offers.length ? field.dataset.found.replace("{count}", offers.length) : field.dataset.none;
      active = -1;
      expanded(offers.length > 0);
      field.removeAttribute("aria-activedescendant");
    } catch {
      // Typed anew meanwhile, or no connection.
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const marked = active >= 0 ? active : first ? 0 : -1;
    if (event.key === "ArrowDown") mark(active + 1);
    else if (event.key === "ArrowUp") mark(active < 0 ? -1 : active - 1);
    else if (event.key === "Enter" && marked >= 0) choose(marked);
    else if (event.key === "Tab" && active >= 0) choose(active);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => choose([...list.children].indexOf(event.target.closest("li"))));
  field.addEventListener("blur", close);
}

async function found(type, text, signal) {
  const answer = await fetch(`/api/v1/search/?${new URLSearchParams({ q: text, type })}`, { signal });
  if (!answer.ok) throw new Error(answer.status);
  return (await answer.json()).results;
}

// People, tags and places as offers; `value` is theirs.

export function personOffer(person) {
  const name = person.display_name || person.username;
  return { value: person, face: person.avatar ? new URL(person.avatar).pathname : null, name, note: `@${person.username}` };
}

export async function people(text, signal) {
  return (await found("people", text, signal)).map(personOffer);
}

export function termOffer(term, face) {
  return { value: term, face, name: term.name, note: String(term.posts) };
}

export async function terms(type, text, signal) {
  return (await found(type, text, signal)).map((term) => termOffer(term, type === "tags" ? "#" : "⌖"));
}
