// Going back to the feed shows it as it was left: the posts that had been loaded, at the same place. No module: it runs
// as soon as the feed is there, before it is painted.

(() => {
  const OLD = 30 * 60_000;
  const [visit] = performance.getEntriesByType("navigation");
  const [feed, more] = ["feed", "more"].map((id) => document.getElementById(id));
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem("feed"));
    sessionStorage.removeItem("feed");
  } catch {
    return;
  }
  if (visit?.type !== "back_forward" || !kept?.end) return;
  const here = kept.member === feed.dataset.member && kept.path === location.pathname + location.search;
  if (!here || Date.now() - kept.at > OLD) return;
  feed.innerHTML = kept.html;
  more.outerHTML = kept.end;
  document.querySelector("#more .htmx-request")?.classList.remove("htmx-request");
  scrollTo({ top: kept.scrollY, behavior: "instant" });
  document.getElementById(kept.focus)?.focus({ preventScroll: true });
})();
