// What a post gains by JavaScript: like and save at once, two taps that like, sharing, captions that unfold in place,
// steps through several photos. All of it works without, but for the two taps. Every [data-post] of a page is served,
// those that come later, too.

import { wireCarousels } from "./carousel.js";
import { toast } from "./toast.js";

const TWICE = 350; // milliseconds between two taps that are one act
const HEART = 800; // milliseconds, as its animation takes (photos.css)
const ACTS = "acts"; // what was liked and saved in this tab: a page that is gone back to shows it as it was before
const MOST_ACTS = 100;

const words = (post) => post.querySelector(".post__acts").dataset;
const toggleOf = (post, kind) => post.querySelector(`form[data-${kind}]`);
const isOn = (form) => form.querySelector("button").getAttribute("aria-pressed") === "true";

function show(form, kind, on) {
  if (isOn(form) === on) return;
  const button = form.querySelector("button");
  button.setAttribute("aria-pressed", String(on));
  button.value = on ? `un${kind}` : kind;
  if (kind !== "like") return;
  const count = form.parentElement.querySelector("[data-likes]");
  [count.textContent, count.dataset.other] = [count.dataset.other, count.textContent];
}

// --- The photos of the first screen have the network, unless the reader goes on before they are there (photos.css).

const eager = [...document.querySelectorAll(".photo picture img:not([loading])")].filter((image) => !image.complete);
const seen = () => document.querySelector("main").classList.add("is-seen");
const settled = (image) => new Promise((done) => (image.onload = image.onerror = done));
Promise.all(eager.map(settled)).then(seen);
for (const name of ["scroll", "pointerdown", "keydown"]) addEventListener(name, seen, { once: true, passive: true });

// --- Like and save: shown at once, taken back when the answer is no. While one is on its way, the last wish counts.

const busy = new WeakSet();

async function settle(form, kind, known) {
  if (busy.has(form)) return;
  busy.add(form);
  const post = form.closest("[data-post]");
  try {
    while (isOn(form) !== known) {
      const wish = isOn(form);
      remember(post, kind, wish); // not first when the answer is there: one may go back before, and the wish goes on
      const response = await fetch(form.getAttribute("action"), {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ action: wish ? kind : `un${kind}` }),
        keepalive: true,
      });
      if (response.redirected || [403, 404].includes(response.status)) {
        remember(post, kind, known);
        location.assign(`/p/${post.dataset.post}/`); // the post's page says what is wrong
        return;
      }
      if (!response.ok) throw new Error(response.status);
      known = wish;
    }
  } catch {
    show(form, kind, known);
    remember(post, kind, known);
    toast(words(post).failed);
  } finally {
    busy.delete(form);
  }
}

function toggle(form, kind, on) {
  const before = isOn(form);
  show(form, kind, on);
  settle(form, kind, before);
}

document.addEventListener("submit", (event) => {
  const kind = ["like", "save"].find((name) => name in event.target.dataset);
  if (!kind || !event.target.closest("[data-post]")) return;
  event.preventDefault();
  toggle(event.target, kind, !isOn(event.target));
});

function acts() {
  try {
    return JSON.parse(sessionStorage.getItem(ACTS)) ?? {};
  } catch {
    return {};
  }
}

function remember(post, kind, on) {
  const { [post.dataset.post]: old, ...others } = acts();
  const entries = [...Object.entries(others), [post.dataset.post, { ...old, [kind]: on }]];
  try {
    sessionStorage.setItem(ACTS, JSON.stringify(Object.fromEntries(entries.slice(-MOST_ACTS))));
  } catch {
    // a tab without storage forgets
  }
}

function recall() {
  for (const [slug, wishes] of Object.entries(acts())) {
    for (const post of document.querySelectorAll(`[data-post="${CSS.escape(slug)}"]`)) {
      for (const [kind, on] of Object.entries(wishes)) {
        const form = toggleOf(post, kind);
        if (form && !busy.has(form)) show(form, kind, on);
      }
    }
  }
}

addEventListener("pageshow", (event) => event.persisted && recall());
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") recall();

// --- A tap on a photo shows who is in it; the second of two likes it, and never unlikes.

let last = {};

function tap(photo, event) {
  const post = photo.closest("[data-post]");
  const tags = post.querySelector(".tags");
  if (tags) tags.open = !tags.open;
  // A mouse counts by itself; fingers are not counted by every browser.
  const again = event.detail > 1 || (last.photo === photo && event.timeStamp - last.at < TWICE);
  last = again ? {} : { photo, at: event.timeStamp };
  if (!again) return;
  const form = toggleOf(post, "like");
  if (!form) return;
  burst(photo.closest(".photos"), form.querySelector(".icon"));
  if (!isOn(form)) toggle(form, "like", true);
}

function burst(box, heart) {
  const sign = document.createElement("span");
  sign.className = "burst";
  sign.append(heart.cloneNode(true));
  setTimeout(() => sign.remove(), HEART);
  box.append(sign);
}

// --- Sharing: by what the device offers, else the address is copied.

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea"); // pages that came without TLS have no clipboard
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("not copied");
}

async function share(link) {
  const post = link.closest("[data-post]");
  try {
    if (navigator.share && link.dataset.share !== "copy") return await navigator.share({ url: link.href });
    await copy(link.href);
    toast(words(post).copied);
  } catch (error) {
    if (error.name !== "AbortError") toast(words(post).failed);
  }
}

// --- Captions

function unfold(link) {
  const caption = link.previousElementSibling;
  link.parentElement.classList.remove("folded");
  link.remove();
  caption.tabIndex = -1;
  caption.focus({ preventScroll: true });
}

function fold(root) {
  const links = [...root.querySelectorAll(".folded > [data-more]")];
  const fits = links.map(({ previousElementSibling: text }) => text.scrollHeight <= text.clientHeight + 1);
  links.forEach((link, index) => (link.hidden = fits[index]));
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("[data-post] a");
  const act = link && ("share" in link.dataset ? share : "more" in link.dataset ? unfold : null);
  if (act) {
    event.preventDefault();
    act(link);
  }
  const photo = event.target.closest("[data-post] .photo");
  if (photo && !link) tap(photo, event);
});

function wire(root) {
  wireCarousels(root);
  fold(root);
}

document.addEventListener("htmx:load", (event) => wire(event.target));
wire(document);
