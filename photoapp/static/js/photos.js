// What posts gain by JavaScript: likes without a reload, and steps through several photos. All of it works without.

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function show(form, liked, likes) {
  const button = form.querySelector("button");
  button.value = liked ? "unlike" : "like";
  button.setAttribute("aria-pressed", String(liked));
  const count = form.parentElement.querySelector("[data-likes]");
  count.textContent = plural(likes, "like");
}

async function like(event) {
  const form = event.target;
  if (!form.matches("[data-like]")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const address = form.getAttribute("action"); // form.action is the button of that name
  const liked = form.querySelector("button").value === "like";
  const before = parseInt(form.parentElement.querySelector("[data-likes]").textContent, 10);
  show(form, liked, before + (liked ? 1 : -1)); // at once; put right by the answer
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ action: liked ? "like" : "unlike" }),
    });
    if (!response.ok || response.redirected) {
      location.assign(new URL("..", new URL(address, location))); // the post's page says what is wrong
      return;
    }
    const answer = await response.json();
    show(form, answer.liked, answer.likes);
  } catch {
    show(form, !liked, before);
  } finally {
    delete form.dataset.busy;
  }
}

function step(label, text, className) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `strip-frame__step strip-frame__step--${className}`;
  button.setAttribute("aria-label", label);
  button.textContent = text;
  return button;
}

function frame(strip) {
  if (strip.parentElement.matches(".strip-frame")) return;
  const box = document.createElement("div");
  box.className = "strip-frame";
  strip.replaceWith(box);
  const count = document.createElement("span");
  count.className = "strip-frame__count";
  count.setAttribute("aria-live", "polite");
  const back = step("Previous photo", "‹", "back");
  const on = step("Next photo", "›", "on");
  box.append(strip, back, on, count);

  const total = strip.children.length;
  const at = () => Math.round(strip.scrollLeft / Math.max(strip.clientWidth, 1));
  const turn = (steps) => {
    const target = Math.min(Math.max(at() + steps, 0), total - 1);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    strip.scrollTo({ left: target * strip.clientWidth, behavior: calm ? "instant" : "smooth" });
  };
  const update = () => {
    const text = `${at() + 1}/${total}`;
    if (count.textContent !== text) count.textContent = text;
    back.hidden = at() === 0;
    on.hidden = at() === total - 1;
  };
  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  strip.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -total, End: total }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    turn(steps);
  });
  strip.addEventListener("scroll", update, { passive: true });
  update();
}

const frameAll = (root) => root.querySelectorAll("[data-strip]").forEach(frame);

document.addEventListener("submit", like);
document.addEventListener("htmx:load", (event) => frameAll(event.target.parentElement ?? document));
frameAll(document);
