// The fields of a post: <input data-people> with user names and commas between them, <input data-places>,
// <textarea data-tags>, in which a # begins a tag.

import { combobox, people, terms } from "./combobox.js";

const MOST = 6;

function replace(field, start, end, text) {
  field.value = field.value.slice(0, start) + text + field.value.slice(end);
  field.setSelectionRange(start + text.length, start + text.length);
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

function nameAt(field) {
  // The name at the cursor: where it begins and ends, and its letters.
  const before = field.value.slice(0, field.selectionStart);
  const start = Math.max(...[",", ";", " ", "\n"].map((mark) => before.lastIndexOf(mark))) + 1;
  const rest = field.value.slice(start).search(/[,;\s]/);
  const end = rest < 0 ? field.value.length : start + rest;
  return { start, end, text: field.value.slice(start, end).replace(/^@/, "") };
}

function tagAt(field) {
  const match = field.value.slice(0, field.selectionStart).match(/(?<![\p{L}\p{N}_&/])#([\p{L}\p{N}_]{1,60})$/u);
  return match && { start: match.index, end: field.selectionStart, text: match[1] };
}

document.querySelectorAll("input[data-people]").forEach((field) =>
  combobox(field, {
    first: true,
    ask: async (signal) => {
      const { text } = nameAt(field);
      if (!text) return null;
      const offered = await people(text, signal);
      const there = new Set(field.value.toLowerCase().split(/[,;\s@]+/));
      return offered.filter(({ value }) => value.username === text || !there.has(value.username)).slice(0, MOST);
    },
    take: ({ username }) => {
      const { start, end } = nameAt(field);
      const after = field.value.slice(end).match(/^[,;\s]*/)[0].length;
      replace(field, start, end + after, `${username}, `);
    },
  }),
);

document.querySelectorAll("input[data-places]").forEach((field) =>
  combobox(field, {
    ask: async (signal) => (field.value.trim() ? (await terms("places", field.value, signal)).slice(0, MOST) : null),
    take: ({ name }) => replace(field, 0, field.value.length, name),
  }),
);

document.querySelectorAll("textarea[data-tags]").forEach((field) =>
  combobox(field, {
    ask: async (signal) => {
      const tag = tagAt(field);
      return tag && (await terms("tags", tag.text, signal)).slice(0, MOST);
    },
    take: ({ name }) => {
      const tag = tagAt(field);
      if (tag) replace(field, tag.start, tag.end, `#${name} `);
    },
  }),
);
