// The upload form: previews, what is too large or too many said before sending, a description for each photo.

const form = document.querySelector("[data-upload]");
const input = form.querySelector("input[type=file]");
const list = form.querySelector("[data-chosen]");
const lines = form.querySelector("[data-alt-lines]");
const limits = {
  files: Number(input.dataset.maxFiles),
  bytes: Number(input.dataset.maxBytes),
  alt: Number(input.dataset.altLength),
};
const kept = lines.querySelector("textarea").value.split("\n"); // descriptions of a form that came back

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function preview(file) {
  const image = element("img", "");
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  // Few browsers show HEIC; the server reads it.
  image.addEventListener("error", () => image.replaceWith(element("span", "chosen__blank", "No preview")));
  return image;
}

function item(file, number) {
  const row = element("li", "chosen__photo");
  const megabytes = file.size / 2 ** 20;
  const name = element("span", "chosen__name", `${file.name} · ${megabytes.toFixed(1)} MB`);
  row.append(preview(file), name);
  if (file.size > limits.bytes) {
    row.append(element("p", "chosen__problem", `Larger than ${limits.bytes / 2 ** 20} MB.`));
    return row;
  }
  const field = element("div", "field");
  const alt = element("input", "");
  alt.name = "alt";
  alt.maxLength = limits.alt;
  alt.placeholder = "What does it show?";
  alt.setAttribute("aria-label", `Description of photo ${number + 1}`);
  alt.value = kept[number] ?? "";
  alt.addEventListener("input", () => (kept[number] = alt.value));
  field.append(alt);
  row.append(field);
  return row;
}

function problem(files) {
  if (files.length > limits.files) return `A post has at most ${limits.files} photos; these are ${files.length}.`;
  if (files.some((file) => file.size > limits.bytes)) return `A photo has at most ${limits.bytes / 2 ** 20} MB.`;
  return "";
}

function choose() {
  const files = [...input.files];
  list.replaceChildren(...files.slice(0, limits.files).map(item));
  list.hidden = files.length === 0;
  lines.hidden = files.length > 0;
  lines.querySelector("textarea").disabled = files.length > 0;
  input.setCustomValidity(problem(files));
  input.reportValidity();
}

function sending() {
  const button = form.querySelector("button");
  button.disabled = true;
  button.textContent = button.dataset.busy;
}

input.addEventListener("change", choose);
form.addEventListener("submit", sending);
// A page that the browser kept must not come back with a button that is off.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  form.querySelector("button").disabled = false;
  form.querySelector("button").textContent = "Share";
});
if (input.files.length) choose();
