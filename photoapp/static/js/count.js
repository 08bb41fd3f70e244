// [data-counts="id of a field"]: how many of the characters that fit in it are used.

function count(box) {
  const field = document.getElementById(box.dataset.counts);
  const written = (number) => number.toLocaleString(document.documentElement.lang);
  const show = () => {
    box.textContent = `${written(field.value.length)} / ${written(field.maxLength)}`;
    box.classList.toggle("counter--near", field.value.length > field.maxLength * 0.9);
  };
  field.addEventListener("input", show);
  show();
}

export const countAll = () => document.querySelectorAll("[data-counts]").forEach(count);

countAll();
