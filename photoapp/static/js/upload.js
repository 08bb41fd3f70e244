// The upload page: photos are chosen, dropped, pasted or taken, and are on their way while one still writes. Sharing
// sends their ids. All words of the page are in its <template data-words>.

import { sortable, refresh } from "./order.js";
import * as drafts from "./upload-draft.js";
import { Queue } from "./upload-send.js";
import { countAll } from "./count.js";
import "./offers.js";

const form = document.querySelector("[data-upload]");
const find = (name) => form.querySelector(`[data-${name}]`);
const input = form.querySelector("input[type=file]");
const shots = find("shots");
const share = find("share");
const dialog = document.querySelector("[data-reminder]");
const words = Object.fromEntries(
  [...document.querySelector("[data-words]").content.children].map((one) => [one.dataset.word, one.textContent]),
);
const { member } = form.dataset;
const limits = { files: Number(input.dataset.maxFiles), bytes: Number(input.dataset.maxBytes) };
const photos = new Map(); // by key; their order is that of the list
let id = form.elements.key.value;
let shared = false;
let sharing = false;
let attempted = false; // whether an answer to sharing may have been lost
let remind = form.dataset.remind === "yes";

const text = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const say = (message) => (find("said").textContent = message);
const ordered = () => [...shots.children].map((item) => photos.get(item.dataset.key));
const altOf = (photo) => photo.item.querySelector("textarea");

function note(message, link) {
  const box = find("note");
  box.hidden = !message;
  box.textContent = message ?? "";
  if (link) {
    const there = document.createElement("a");
    there.href = link.href;
    there.textContent = link.label;
    box.append(" ", there);
  }
}

// --- Photos --------------------------------------------------------------------------------------------------------

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function problem(file) {
  const looks = file.type ? file.type.startsWith("image/") : /\.(jpe?g|png|webp|avif|hei[cf]|gif)$/i.test(file.name);
  if (!looks) return "foreign";
  if (file.size > limits.bytes) return "large";
  return file.size ? "" : "empty";
}

async function choose(files) {
  const left = [];
  for (const file of files) {
    const wrong = problem(file) || (photos.size >= limits.files ? "many" : "");
    if (wrong) left.push(text(wrong, { name: file.name || words.pasted }));
    else show({ key: newKey(), file, name: file.name || words.pasted });
  }
  note(left.join(" "));
  if (left.length) say(left.join(" "));
  changed();
  for (const photo of ordered()) if (!photo.kept) await keep(photo);
}

async function keep(photo) {
  photo.kept = true;
  if (!(await drafts.keep(id, photo.key, photo.file))) find("unkept").hidden = false;
}

function show(photo, alt = "") {
  const item = document.querySelector("[data-shot]").content.firstElementChild.cloneNode(true);
  item.dataset.key = photo.key;
  photo.item = item;
  photos.set(photo.key, photo);
  const image = item.querySelector("img");
  image.src = URL.createObjectURL(photo.file);
  image.onload = () => {
    URL.revokeObjectURL(image.src);
    item.querySelector(".shot__blank").hidden = true;
  };
  image.onerror = () => image.remove(); // few browsers show HEIC; the name stands behind it
  for (const name of item.querySelectorAll("[data-name]")) name.textContent = photo.name;
  altOf(photo).value = alt;
  shots.append(item);
  queue.add(photo);
}

function remove(photo) {
  const next = photo.item.nextElementSibling ?? photo.item.previousElementSibling;
  const stored = photo.state === "ready";
  queue.remove(photo);
  photo.item.remove();
  photos.delete(photo.key);
  drafts.forget(photo.key);
  if (stored || photo.part === 1) post({ key: photo.key, action: "remove" }).catch(() => {}); // else it is swept
  say(text("removed", { name: photo.name }));
  (next?.querySelector("[data-remove]") ?? input).focus();
  changed();
}

function state(photo) {
  const line = photo.item.querySelector("[data-state]");
  const bar = photo.item.querySelector("progress");
  const sending = photo.state === "sending";
  bar.hidden = !sending;
  bar.value = photo.part ?? 0;
  const offline = photo.state === "later" && !photo.message;
  const name = sending && photo.part === 1 ? "checking" : offline ? "offline" : photo.state;
  line.textContent = ["failed", "refused"].includes(name) && photo.message ? photo.message : text(name);
  photo.item.dataset.is = photo.state;
  photo.item.querySelector("[data-again]").hidden = !["later", "failed"].includes(photo.state);
  if (photo.state === "refused" || photo.state === "failed") say(`${photo.name}: ${line.textContent}`);
  summary();
  if (photo.state === "ready") changed();
  if (sharing) proceed();
}

// --- What the page says of all of them ---------------------------------------------------------------------------------

function summary() {
  const all = [...photos.values()];
  const ready = all.filter((photo) => photo.state === "ready").length;
  const waits = all.some((photo) => photo.state === "later" && !photo.message) || !navigator.onLine;
  const line = find("summary");
  if (!all.length) line.textContent = "";
  else if (ready === all.length) line.textContent = sharing ? words.sharing : text("stored", { count: ready });
  else line.textContent = text(waits ? "stopped" : "storing", { ready, count: all.length });
}

function changed() {
  const all = ordered();
  form.classList.toggle("upload--some", all.length > 0);
  shots.hidden = all.length === 0;
  all.forEach((photo, index) => {
    photo.item.querySelector("[data-number]").textContent = index + 1;
    altOf(photo).setAttribute("aria-label", text("alt", { number: index + 1 }));
  });
  refresh(shots);
  summary();
  const lists = all.map((photo) => photo.staged?.removed ?? []);
  const gone = new Set(lists.sort((one, other) => other.length - one.length).flat());
  find("removed").hidden = gone.size === 0;
  find("removed-list").textContent = [...gone].join(", ");
  suggest(all);
  save();
}

function suggest(all) {
  const box = find("places");
  const field = form.elements.location;
  const places = [...new Set(all.map((photo) => photo.staged?.place).filter(Boolean))].slice(0, 3);
  box.hidden = places.length === 0 || Boolean(field.value.trim());
  if (box.dataset.shows === String(places)) return; // a click must find the button on which it began
  box.dataset.shows = places;
  const buttons = places.map((place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "place-chip";
    button.textContent = text("use", { place });
    button.addEventListener("click", () => {
      field.value = place;
      field.focus();
      changed();
    });
    return button;
  });
  find("place-chips").replaceChildren(...buttons);
}

// --- The draft ---------------------------------------------------------------------------------------------------------

let saving;

function save() {
  clearTimeout(saving);
  saving = setTimeout(saveNow, 300);
}

function saveNow() {
  clearTimeout(saving);
  if (shared) return;
  const { caption, location: place, people, audience } = form.elements;
  const said = { caption: caption.value, location: place.value, people: people.value, audience: audience.value };
  if (!photos.size && !said.caption && !said.location && !said.people) drafts.discard(id);
  else {
    const list = ordered().map(({ key, name, staged, item }) => ({ key, name, staged, alt: item.querySelector("textarea").value }));
    drafts.save({ id, member, attempted, said, photos: list });
  }
}

const post = (values) =>
  fetch(form.dataset.photos, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ member, ...values }) });

async function known() {
  const query = new URLSearchParams({ member, post: id, keys: [...photos.keys()].join(",") });
  const answer = await fetch(`${form.dataset.photos}?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

async function restore() {
  const draft = await drafts.restore(member);
  if (!draft) return drafts.begin(id);
  id = form.elements.key.value = draft.id;
  attempted = draft.attempted;
  for (const [name, value] of Object.entries(draft.said)) if (!form.elements[name].value || name === "audience") form.elements[name].value = value;
  for (const { key, name, alt, staged } of draft.photos) {
    const file = draft.files.get(key);
    if (file) show({ key, file, name, staged, kept: true, state: staged ? "ready" : undefined }, alt);
  }
  photos.forEach(state);
  find("restored").hidden = false;
  countAll();
  changed();
  try {
    const there = await known();
    if (there.post) return began(there.post);
    missing(there);
  } catch {
    // No connection: what is not there will be found out when it is shared.
  }
  return undefined;
}

// What the server does not have (any more) is sent again.
function missing(there) {
  const stored = new Map(there.photos.map((one) => [one.key, one]));
  for (const photo of photos.values()) {
    if (stored.has(photo.key)) queue.show(photo, { state: "ready", staged: stored.get(photo.key) });
    else if (photo.state === "ready") queue.again(photo);
  }
}

// The post of this draft is there; its answer never came.
async function began(href) {
  await drafts.discard(id);
  shared = true;
  if (sharing) return location.assign(href);
  [...photos.values()].forEach((photo) => photo.item.remove());
  photos.clear();
  form.reset();
  id = form.elements.key.value = newKey();
  shared = attempted = false;
  find("restored").hidden = true;
  note(words.before, { href, label: words.see });
  return changed();
}

async function discard() {
  shared = true;
  clearTimeout(saving);
  for (const photo of photos.values()) {
    queue.remove(photo);
    post({ key: photo.key, action: "remove" }).catch(() => {});
  }
  await drafts.discard(id);
  location.reload();
}

// --- Sharing -----------------------------------------------------------------------------------------------------------

function begin(event) {
  event.preventDefault();
  if (sharing) return stop();
  form.querySelectorAll(".errorlist").forEach((list) => list.remove());
  note();
  const all = ordered();
  const refused = all.find((photo) => photo.state === "refused");
  if (!all.length) return halt(words.none, input);
  if (refused) return halt(words.useless, refused.item.querySelector("[data-remove]"));
  const silent = all.find((photo) => !altOf(photo).value.trim());
  if (silent && remind) {
    dialog.returnValue = "";
    dialog.showModal();
    return undefined;
  }
  for (const photo of all) if (photo.state === "failed") queue.again(photo);
  sharing = true;
  attempts = 0;
  button();
  return proceed();
}

function button() {
  share.textContent = sharing ? words.stop : words.share;
  share.classList.toggle("button--quiet", sharing);
  form.classList.toggle("upload--sharing", sharing);
  summary();
}

function stop() {
  sharing = false;
  clearTimeout(waiting);
  button();
}

function halt(message, focus) {
  stop();
  note(message);
  say(message);
  focus?.focus();
}

let attempts = 0;
let waiting;
let asking = false;

async function proceed() {
  const all = ordered();
  const bad = all.find((photo) => photo.state === "refused" || photo.state === "failed");
  if (bad) return halt(bad.message || words.failed, bad.item.querySelector(bad.state === "failed" ? "[data-again]" : "[data-remove]"));
  if (asking || all.some((photo) => photo.state !== "ready")) return undefined;
  asking = true;
  try {
    const lost = attempted ? await known() : undefined;
    if (lost?.post) return began(lost.post);
    if (!sharing) return undefined;
    attempted = true;
    saveNow();
    return await answered(await publish(all));
  } catch {
    attempts += 1;
    find("summary").textContent = words.stopped_sharing;
    waiting = setTimeout(proceed, Math.min(30, 2 ** attempts) * 500);
    return undefined;
  } finally {
    asking = false;
  }
}

function publish(all) {
  const body = new FormData(form);
  body.delete("photos");
  body.append("member", member);
  if (dialog.querySelector("input").checked) body.append("remind", "off");
  for (const photo of all) body.append("staged", photo.staged.id);
  return fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
}

async function answered(answer) {
  const body = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
  if (answer.status === 201) {
    shared = true;
    await drafts.discard(id);
    return location.assign(body.post);
  }
  if (answer.status === 410 && attempts++ < 3) {
    missing(await known());
    asking = false;
    return proceed();
  }
  if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
  attempted = false;
  if (answer.status === 409 && attempts++ < 3) return anew();
  let first;
  for (const [name, messages] of Object.entries(body.errors ?? {})) first ??= errors(name, messages);
  return halt(body.detail ?? (first ? words.mend : Object.values(body.errors ?? {}).flat().join(" ") || words.failed), first);
}

// The key of this draft was used for another post, from another window: see that one, or share under a new key.
async function anew() {
  const { post: href } = await known();
  if (href) return began(href);
  await drafts.discard(id);
  id = form.elements.key.value = newKey();
  saveNow();
  for (const photo of ordered()) keep(photo);
  asking = false;
  return proceed();
}

function errors(name, messages) {
  const field = form.elements[name];
  if (!(field instanceof HTMLElement) || field.type === "file" || field.type === "hidden") return undefined;
  const list = document.createElement("ul");
  list.className = "errorlist";
  list.append(...messages.map((message) => Object.assign(document.createElement("li"), { textContent: message })));
  field.closest(".field").append(list);
  return field;
}

dialog.addEventListener("close", () => {
  if (dialog.returnValue === "share" || dialog.querySelector("input").checked) remind = false;
  if (dialog.returnValue === "share") form.requestSubmit();
  else altOf(ordered().find((photo) => !altOf(photo).value.trim())).focus();
});

// --- Ways in -----------------------------------------------------------------------------------------------------------

const queue = new Queue(form.dataset.photos, member, state);
form.noValidate = true;
input.addEventListener("change", () => {
  choose([...input.files]);
  input.value = "";
});
form.addEventListener("submit", begin);
form.addEventListener("input", save);
form.addEventListener("change", changed);
find("discard").addEventListener("click", discard);
shots.addEventListener("click", ({ target }) => {
  const photo = photos.get(target.closest("li")?.dataset.key);
  if (target.closest("[data-remove]")) remove(photo);
  else if (target.closest("[data-again]")) queue.again(photo);
});
sortable(shots, (item, place) => {
  changed();
  say(text("moved", { name: photos.get(item.dataset.key).name, place, count: photos.size }));
});

if (matchMedia("(pointer: coarse)").matches) {
  const camera = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", hidden: true });
  camera.setAttribute("capture", "environment");
  camera.addEventListener("change", () => {
    choose([...camera.files]);
    camera.value = "";
  });
  find("camera").addEventListener("click", () => camera.click());
}

addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length) choose([...clipboardData.files]);
});
const carries = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
const veil = document.querySelector("[data-veil]");
addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  veil.hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) veil.hidden = true;
});
addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  veil.hidden = true;
  choose([...event.dataTransfer.files]);
});
for (const name of ["online", "offline"]) addEventListener(name, summary);
addEventListener("pagehide", saveNow);
// A page that the browser kept, of a post that was shared meanwhile.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && shared) location.reload();
});
const picked = [...input.files]; // before this module ran
restore().then(() => {
  form.dataset.ready = "";
  if (picked.length) choose(picked);
});
