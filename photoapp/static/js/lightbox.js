// The photos of a page, one at a time and large. Without it a photo's link opens its largest file.

const LINKS = "a.photo__open";
const TAP = 8; // pixels that a finger may slip
const SWIPE = 60;
const TWICE = 300; // milliseconds between the taps of a double tap
const STEP = 1.5;

const box = document.getElementById("lightbox");
const stage = box.querySelector(".lightbox__stage");
const img = stage.querySelector("img");
const [alt, count] = [".lightbox__alt", ".lightbox__count"].map((name) => box.querySelector(name));
const turns = box.querySelectorAll("[data-turn]");

let links = [];
let at = 0;
let [scale, x, y] = [1, 0, 0];

const limit = (value, most) => Math.min(Math.max(value, -most), most);
const most = () => Math.max(3, (2 * img.naturalWidth) / (img.clientWidth || 1));
// The largest file; browsers that run this show WebP.
const large = (link) => link.href.replace(/jpg$/, "webp");

function draw() {
  x = limit(x, Math.max(0, (img.clientWidth * scale - stage.clientWidth) / 2));
  y = limit(y, Math.max(0, (img.clientHeight * scale - stage.clientHeight) / 2));
  img.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
  stage.classList.toggle("is-zoomed", scale > 1);
  box.querySelector("[data-zoom=out]").ariaDisabled = String(scale === 1); // a disabled one would keep the keys to itself
}

/** Zooms so that what is at a point (from the middle of the stage) stays there. */
function zoom(to, px = 0, py = 0) {
  const next = Math.min(Math.max(to, 1), most());
  x = px - ((px - x) * next) / scale;
  y = py - ((py - y) * next) / scale;
  scale = next;
  draw();
}

function show(index) {
  at = index;
  const small = links[at].querySelector("img");
  img.width = small.getAttribute("width");
  img.height = small.getAttribute("height");
  img.src = small.currentSrc || small.src;
  img.alt = alt.textContent = small.alt;
  count.textContent = links.length > 1 ? `${at + 1}/${links.length}` : "";
  for (const button of turns) button.hidden = !links[at + Number(button.dataset.turn)];
  [scale, x, y] = [1, 0, 0];
  draw();
  const file = new Image();
  file.src = large(links[at]);
  file.decode().then(() => links[at] && file.src === large(links[at]) && (img.src = file.src), () => {});
  if (links[at + 1]) new Image().src = large(links[at + 1]);
}

function turn(by) {
  if (links[at + by]) show(at + by);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(LINKS);
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  links = [...link.closest("[data-post]").querySelectorAll(LINKS)];
  box.showModal();
  show(links.indexOf(link));
});

box.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.turn) turn(Number(button.dataset.turn));
  if (button?.dataset.zoom) zoom(button.dataset.zoom === "in" ? scale * STEP : scale / STEP);
});

box.addEventListener("keydown", (event) => {
  const act = {
    ArrowLeft: () => turn(-1),
    ArrowRight: () => turn(1),
    "+": () => zoom(scale * STEP),
    "=": () => zoom(scale * STEP),
    "-": () => zoom(scale / STEP),
    0: () => zoom(1),
  }[event.key];
  if (!act || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  act();
});

// --- Fingers and the mouse

const pointers = new Map();
let start = null; // where the first of them came down
let lastTap = -Infinity;

function middle() {
  const frame = stage.getBoundingClientRect();
  const all = [...pointers.values()];
  const mean = (name) => all.reduce((sum, one) => sum + one[name], 0) / all.length;
  const [a, b] = all;
  return {
    x: mean("x") - frame.left - frame.width / 2,
    y: mean("y") - frame.top - frame.height / 2,
    span: b ? Math.hypot(a.x - b.x, a.y - b.y) : 0,
  };
}

function tap(event, point) {
  if (event.target !== img && scale === 1) return box.close();
  if (event.timeStamp - lastTap > TWICE) zoom(scale > 1 ? 1 : 2.5, point.x, point.y);
  lastTap = event.timeStamp;
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  start = pointers.size === 1 ? { x: event.clientX, y: event.clientY, target: event.target } : null; // two are no swipe
});

stage.addEventListener("pointermove", (event) => {
  if (!pointers.has(event.pointerId)) return;
  const before = middle();
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const now = middle();
  if (scale > 1 || pointers.size > 1) {
    x += now.x - before.x;
    y += now.y - before.y;
    zoom(before.span ? (scale * now.span) / before.span : scale, now.x, now.y);
  } else if (start) {
    img.style.transform = `translateX(${event.clientX - start.x}px)`;
  }
});

stage.addEventListener("pointerup", (event) => {
  if (!pointers.has(event.pointerId)) return;
  const point = middle();
  pointers.delete(event.pointerId);
  if (!start) return;
  const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
  if (Math.hypot(dx, dy) < TAP) tap({ target: start.target, timeStamp: event.timeStamp }, point);
  else if (scale === 1 && Math.abs(dx) > SWIPE && Math.abs(dx) > Math.abs(dy)) turn(dx < 0 ? 1 : -1);
  else if (scale === 1 && dy > 2 * SWIPE) box.close();
  start = null;
  draw();
});

stage.addEventListener("pointercancel", (event) => {
  pointers.delete(event.pointerId);
  start = null;
  draw();
});

stage.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const frame = stage.getBoundingClientRect();
    const [px, py] = [event.clientX - frame.left - frame.width / 2, event.clientY - frame.top - frame.height / 2];
    zoom(scale * Math.exp(-event.deltaY / 400), px, py);
  },
  { passive: false },
);

addEventListener("resize", () => box.open && zoom(1));
