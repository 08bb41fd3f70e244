// What a post's page gains: answers in place, the arrow keys for the posts before and after. Photos large: lightbox.js.

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (!rel || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (typing(event.target) || event.target.closest?.(".strip") || document.querySelector("dialog[open]")) return;
  document.querySelector(`.neighbours a[rel=${rel}]`)?.click();
});

// --- Replies in place: the form that the page holds in a template, below the comment that is answered.

function answer(link) {
  document.querySelector(".comment .talk__form")?.remove();
  const form = document.getElementById("reply-form").content.querySelector("form").cloneNode(true);
  const address = link.pathname;
  form.setAttribute("action", address);
  form.setAttribute("hx-post", address);
  const body = link.closest(".comment__body");
  body.append(form);
  htmx.process(form);
  const text = form.querySelector("textarea");
  text.value = link.dataset.reply;
  text.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-reply]");
  if (!link || !document.getElementById("reply-form") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  answer(link);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".comment .talk__form");
  if (form && event.key === "Escape") {
    const link = form.parentElement.querySelector("a[data-reply]");
    form.remove();
    link.focus();
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest?.(".talk__form")?.requestSubmit();
});

// Where the focus was is gone with a comment that was deleted, and with a reply's form that was sent.
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) document.getElementById("comments-title")?.focus({ preventScroll: true });
});
