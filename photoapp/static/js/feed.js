// What the feed gains: it goes on by itself, says when there are newer posts, and is found again as it was left.

const EVERY = 60_000;
const feed = document.getElementById("feed");
const more = () => document.getElementById("more");
const posts = () => feed.querySelectorAll(":scope > [data-post]");

// --- The next page is asked for a screen ahead of the reader.

const ahead = new IntersectionObserver(
  (entries) => {
    const seen = entries.find(({ isIntersecting }) => isIntersecting); // a busy page is told of several at once
    if (!seen) return;
    ahead.unobserve(seen.target);
    seen.target.click();
  },
  { rootMargin: "100% 0px" },
);

function number() {
  const all = posts();
  const link = more()?.querySelector("[rel=next]");
  all.forEach((post, index) => {
    post.ariaPosInSet = index + 1;
    post.ariaSetSize = link ? -1 : all.length;
  });
  if (link) ahead.observe(link);
}

if (more()) {
  document.addEventListener("htmx:load", ({ target }) => {
    if (target === document.body || target === more()) number(); // at the start, and with each page that came
  });
  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    if (more().contains(target)) feed.ariaBusy = "true";
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.target === feed) feed.ariaBusy = "false";
  });
}

// --- Newer posts are told of; nothing moves by itself.

const pill = document.querySelector("[data-new]");
let asked = Date.now();

async function ask() {
  if (document.hidden || !pill.hidden || Date.now() - asked < EVERY) return;
  asked = Date.now();
  try {
    const newest = posts()[0]?.dataset.post ?? "";
    const response = await fetch(`${pill.dataset.new}?after=${newest}`, { cache: "no-store" });
    if (response.redirected) return clearInterval(timer); // logged out elsewhere
    if (response.ok && (await response.json()).new) pill.hidden = false;
  } catch {
    // without a network there is no news
  }
}

const timer = pill && setInterval(ask, EVERY);
if (pill) {
  document.addEventListener("visibilitychange", ask);
  addEventListener("pageshow", (event) => event.persisted && ask());
}

// --- Left as it is, for back.js: browsers that keep whole pages do without.

addEventListener("pagehide", () => {
  const { scrollY, location } = window;
  const [html, end] = [feed.innerHTML, more()?.outerHTML];
  const kept = { member: feed.dataset.member, path: location.pathname + location.search, at: Date.now(), html, end, scrollY };
  kept.focus = document.activeElement?.closest("[data-post]")?.id;
  try {
    sessionStorage.setItem("feed", JSON.stringify(kept));
  } catch {
    sessionStorage.removeItem("feed"); // too long: back leads to the first page
  }
});
