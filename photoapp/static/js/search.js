// The search box: people, tags and places are offered while one types; to choose one is to go there.

import { combobox, personOffer, termOffer } from "./combobox.js";

const field = document.querySelector("[data-search]");

combobox(field, {
  ask: async (signal) => {
    const text = field.value.trim();
    if (!text) return null;
    const answer = await fetch(`/api/v1/search/offers/?${new URLSearchParams({ q: text })}`, { signal });
    if (!answer.ok) return null;
    const found = await answer.json();
    return [
      ...found.people.map(personOffer),
      ...found.tags.map((term) => termOffer(term, "#")),
      ...found.places.map((term) => termOffer(term, "⌖")),
    ];
  },
  take: ({ url }) => location.assign(new URL(url).pathname),
});
