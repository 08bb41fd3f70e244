// A picture is moved and zoomed in a frame; the part that is seen goes along as fractions: x and y of the picture's
// width and height, size of its shorter side. Without this, or where the browser cannot show the file, the server
// takes the middle.

const form = document.querySelector("[data-crop]");
const file = form.querySelector("[type=file]");
const stage = form.querySelector("[data-stage]");
const frame = form.querySelector("[data-frame]");
const picture = frame.querySelector("img");
const zoom = form.querySelector("[type=range]");
const drop = form.querySelector("[data-drop]");
const cannot = form.querySelector("[data-cannot]");
const fields = form.elements;
const STEP = 0.04; // of the frame, with an arrow key

let center = { x: 0.5, y: 0.5 }; // of what is seen, as fractions of the picture

const shorter = () => Math.min(picture.naturalWidth, picture.naturalHeight);
const side = () => shorter() / zoom.value; // of what is seen, in the picture's pixels

function place() {
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  const [half, full] = [side() / 2, side()];
  const held = (value, length) => Math.min(Math.max(value * length, half), length - half);
  const [x, y] = [held(center.x, width), held(center.y, height)];
  center = { x: x / width, y: y / height };
  const scale = frame.clientWidth / full;
  picture.style.width = `${width * scale}px`;
  picture.style.height = `${height * scale}px`;
  picture.style.transform = `translate(${(half - x) * scale}px, ${(half - y) * scale}px)`;
  fields.x.value = ((x - half) / width).toFixed(5);
  fields.y.value = ((y - half) / height).toFixed(5);
  fields.size.value = (full / shorter()).toFixed(5);
}

function move(dx, dy) {
  center.x -= (dx * side()) / picture.naturalWidth;
  center.y -= (dy * side()) / picture.naturalHeight;
  place();
}

function zoomBy(factor) {
  zoom.value = zoom.value * factor;
  place();
}

function show() {
  const [chosen] = file.files;
  stage.hidden = true;
  cannot.hidden = true;
  for (const name of ["x", "y", "size"]) fields[name].value = "";
  URL.revokeObjectURL(picture.src);
  if (chosen) picture.src = URL.createObjectURL(chosen);
}

picture.addEventListener("load", () => {
  stage.hidden = false;
  zoom.value = 1;
  center = { x: 0.5, y: 0.5 };
  place();
  frame.focus();
});
picture.addEventListener("error", () => (cannot.hidden = !file.files.length));
file.addEventListener("change", show);
if (file.files.length) show(); // chosen before this module ran
zoom.addEventListener("input", place);
addEventListener("resize", () => stage.hidden || place());

const pointers = new Map();
const apart = () => {
  const [one, other] = [...pointers.values()];
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
};
frame.addEventListener("pointerdown", (event) => {
  frame.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
});
frame.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const gap = pointers.size === 2 && apart();
  pointers.set(event.pointerId, event);
  if (gap) zoomBy(apart() / gap);
  const part = frame.clientWidth * pointers.size;
  move((event.clientX - before.clientX) / part, (event.clientY - before.clientY) / part);
});
for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, (event) => pointers.delete(event.pointerId));
frame.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 500));
  },
  { passive: false },
);
frame.addEventListener("keydown", (event) => {
  const act = {
    ArrowLeft: () => move(-STEP, 0),
    ArrowRight: () => move(STEP, 0),
    ArrowUp: () => move(0, -STEP),
    ArrowDown: () => move(0, STEP),
    "+": () => zoomBy(1.1),
    "=": () => zoomBy(1.1),
    "-": () => zoomBy(1 / 1.1),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

for (const name of ["dragover", "dragleave", "drop"])
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("drop--over", name === "dragover");
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    show();
  });
form.addEventListener("submit", (event) => {
  const button = event.submitter;
  setTimeout(() => (button.disabled = true)); // after it has been sent along
});
