// Fields that offer something while one types, by data-offer: "people" (user names with commas between them), "places",
// "tags" (a # in a text), "search". The ARIA combobox pattern, for arrows, Enter, Tab
// and Escape, and for fingers. Without this module, or without a connection, they stay the text fields they are.

const WAIT = 150; // milliseconds without a key
const MOST = 8;

async function get(path, values, signal) {
  const answer = await fetch(`/api/v1/search/${path}?${new URLSearchParams(values)}`, { signal });
  return answer.json(); // a refusal has no results, which is no offer
}

const results = async (type, q, signal) => (await get("", { q, type }, signal)).results;

// --- What is offered for each kind, and what is done with the one that is chosen

function write(field, start, end, text) {
  field.setRangeText(text, start, end, "end");
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

function nameAt(field) {
  // The name at the cursor: where it begins and ends, and its letters.
  const start = field.value.slice(0, field.selectionStart).search(/[^,;\s]*$/);
  const [text] = field.value.slice(start).match(/[^,;\s]*/);
  return { start, end: start + text.length, text: text.replace(/^@/, "") };
}

function tagAt(field) {
  const match = field.value.slice(0, field.selectionStart).match(/(?<![\p{L}\p{N}_&/])#([\p{L}\p{N}_]{1,60})$/u);
  return match && { start: match.index, text: match[1] };
}

const kinds = {
  people: {
    first: true, // Enter takes the first where none is marked
    async ask(field, signal) {
      const { text } = nameAt(field);
      const there = new Set(field.value.toLowerCase().split(/[,;\s@]+/));
      const found = text ? await results("people", text, signal) : [];
      return found.filter(({ username }) => username === text || !there.has(username));
    },
    take(field, { username }) {
      const { start, end } = nameAt(field);
      write(field, start, end + field.value.slice(end).match(/^[,;\s]*/)[0].length, `${username}, `);
    },
  },
  places: {
    ask: (field, signal) => (field.value.trim() ? results("places", field.value, signal) : []),
    take: (field, { name }) => write(field, 0, field.value.length, name),
  },
  tags: {
    ask: (field, signal) => (tagAt(field) ? results("tags", tagAt(field).text, signal) : []),
    take: (field, { name }) => write(field, tagAt(field).start, field.selectionStart, `#${name} `),
  },
  search: {
    async ask(field, signal) {
      const q = field.value.trim();
      return q ? Object.values(await get("offers/", { q }, signal)).flat() : [];
    },
    take: (field, { url }) => location.assign(new URL(url).pathname),
  },
};

// --- The list below a field

function made(name, attributes, ...content) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
}

function option({ username, display_name, avatar, name = display_name || username, posts, url }, id) {
  const sign = username ? name[0].toUpperCase() : url.includes("/tags/") ? "#" : "⌖";
  const look = { class: "avatar offers__face" };
  const face = avatar
    ? made("img", { ...look, src: new URL(avatar).pathname, alt: "" })
    : made("span", { ...look, "aria-hidden": true }, sign);
  const words = made("span", { class: "offers__words" }, made("b", {}, name), username ? ` @${username}` : ` ${posts}`);
  return made("li", { id, class: "offers__item", role: "option" }, face, words);
}

function enhance(field, { ask, take, first }, number) {
  const id = `offers-${number}`;
  const list = made("ul", { id, class: "offers", role: "listbox", "aria-label": field.dataset.offers });
  const said = made("p", { class: "visually-hidden", role: "status" });
  const box = made("div", { class: "offers-box" });
  field.replaceWith(box);
  box.append(field, list, said);
  // To ARIA a field of several lines is no combobox; it only says which offer is marked.
  const oneLine = field.tagName === "INPUT";
  if (oneLine) field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", id);

  let timer;
  let request;
  let offers = [];
  let active = -1;

  const open = (any) => {
    active = -1;
    list.hidden = !any;
    if (oneLine) field.setAttribute("aria-expanded", String(any));
    field.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    clearTimeout(timer);
    request?.abort();
    open(false);
  };
  const mark = (index) => {
    active = (index + offers.length) % offers.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    field.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const choose = (index) => {
    close();
    take(field, offers[index]);
  };
  const find = async () => {
    request?.abort();
    request = new AbortController();
    try {
      offers = (await ask(field, request.signal)).slice(0, MOST);
      list.replaceChildren(...offers.map((offer, index) => option(offer, `${id}-${index}`)));
      said.textContent = offers.length ? field.dataset.found.replace("{count}", offers.length) : field.dataset.none;
      open(offers.length > 0);
    } catch {
      // Typed anew meanwhile, or no connection.
    }
  };

  open(false);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const { key } = event;
    const marked = active < 0 && first && key === "Enter" ? 0 : active;
    if (key === "ArrowDown") mark(active + 1);
    else if (key === "ArrowUp") mark(Math.max(active, 0) - 1);
    else if (/Enter|Tab/.test(key) && marked >= 0) choose(marked);
    else if (key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => choose([...list.children].indexOf(event.target.closest("li"))));
  field.addEventListener("blur", close);
}

document.querySelectorAll("[data-offer]").forEach((field, number) => enhance(field, kinds[field.dataset.offer], number));
