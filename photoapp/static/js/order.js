// Lists whose items people put in order: by dragging a [data-grip] (or, with a mouse, a [data-drag]), and with the
// buttons [data-move="-1"] and [data-move="1"]. `moved(item, place)` is called once for each change; places count from 1.

const EDGE = 60; // pixels from the window's edge, where a drag scrolls the page

const places = (list) => [...list.children];

export function refresh(list) {
  const items = places(list);
  items.forEach((item, index) => {
    item.querySelector('[data-move="-1"]').disabled = index === 0;
    item.querySelector('[data-move="1"]').disabled = index === items.length - 1;
  });
}

function step(list, item, way, moved) {
  const other = way < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (way < 0) other.before(item);
  else other.after(item);
  refresh(list);
  const button = item.querySelector(`[data-move="${way}"]`);
  (button.disabled ? item.querySelector(`[data-move="${-way}"]`) : button).focus();
  item.scrollIntoView({ block: "nearest" });
  moved(item, places(list).indexOf(item) + 1);
}

function drag(list, item, event, moved) {
  const before = places(list).indexOf(item);
  const handle = event.target;
  event.preventDefault();
  handle.setPointerCapture(event.pointerId);
  item.classList.add("dragged");

  const follow = ({ clientX, clientY }) => {
    if (clientY < EDGE) scrollBy(0, -12);
    else if (clientY > innerHeight - EDGE) scrollBy(0, 12);
    const under = places(list).find((other) => {
      const box = other.getBoundingClientRect();
      return clientY >= box.top && clientY <= box.bottom && clientX >= box.left && clientX <= box.right;
    });
    if (!under || under === item) return;
    if (places(list).indexOf(under) < places(list).indexOf(item)) under.before(item);
    else under.after(item);
  };
  const end = () => {
    for (const [name, act] of Object.entries(listeners)) handle.removeEventListener(name, act);
    item.classList.remove("dragged");
    refresh(list);
    const after = places(list).indexOf(item);
    if (after !== before) moved(item, after + 1);
  };
  const listeners = { pointermove: follow, pointerup: end, pointercancel: end, lostpointercapture: end };
  for (const [name, act] of Object.entries(listeners)) handle.addEventListener(name, act);
}

export function sortable(list, moved) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (button) step(list, button.closest("li"), Number(button.dataset.move), moved);
  });
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]") ?? (event.pointerType === "mouse" && event.target.closest("[data-drag]"));
    if (grip && event.button === 0) drag(list, grip.closest("li"), event, moved);
  });
  list.addEventListener("dragstart", (event) => event.preventDefault()); // the browser's own, of images
  refresh(list);
}
