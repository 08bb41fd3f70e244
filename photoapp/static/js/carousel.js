// Several photos in one box: arrows, keys, dots and "2/5" over a strip that scrolls and snaps by itself.

const calm = matchMedia("(prefers-reduced-motion: reduce)");

function wire(box) {
  const strip = box.querySelector(".strip");
  const count = box.querySelector(".photos__count");
  const steps = [...box.querySelectorAll("[data-step]")];
  const total = strip.children.length;
  box.querySelector(".photos__dots")?.remove(); // of a page that was kept
  const dots = document.createElement("p");
  dots.className = "photos__dots";
  dots.ariaHidden = "true";
  dots.append(...Array.from({ length: total }, () => document.createElement("i")));
  box.append(dots);

  let shown = -1;
  const at = () => Math.round(strip.scrollLeft / (strip.clientWidth || 1));
  const turn = (by) => {
    const target = Math.min(Math.max(at() + by, 0), total - 1);
    strip.scrollTo({ left: target * strip.clientWidth, behavior: calm.matches ? "instant" : "smooth" });
  };
  const show = (index) => {
    if (index === shown) return;
    shown = index;
    count.textContent = `${index + 1}/${total}`;
    [...dots.children].forEach((dot, place) => dot.classList.toggle("is-here", place === index));
    for (const step of steps) {
      const end = index === (step.dataset.step < 0 ? 0 : total - 1);
      if (end && step === document.activeElement) strip.focus({ preventScroll: true });
      step.hidden = end;
    }
  };
  for (const step of steps) step.addEventListener("click", () => turn(Number(step.dataset.step)));
  strip.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -total, End: total }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    turn(by);
  });
  strip.addEventListener("scroll", () => show(at()), { passive: true });
  show(0);
}

const wired = new WeakSet();

export function wireCarousels(root) {
  for (const box of root.querySelectorAll("[data-carousel]")) {
    if (wired.has(box)) continue;
    wired.add(box);
    wire(box);
  }
}
