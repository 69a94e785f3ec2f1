// The portal: copy buttons, a search that narrows while one types, forms that apply a choice at once. Everything works
// without this file too.

const part = document.querySelector(".part");
const said = document.getElementById("said");

function prepare(root) {
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
  button.classList.add("is-copied");
  said.textContent = part.dataset.copied;
  setTimeout(() => {
    button.classList.remove("is-copied");
    said.textContent = "";
  }, 1600);
});

for (const field of document.querySelectorAll("[data-search]")) {
  const list = document.querySelector(field.dataset.search);
  field.addEventListener("input", () => {
    const typed = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const long = typed.filter((word) => word.length > 2);
    const words = long.length ? long : typed;
    for (const row of list.querySelectorAll("[data-text]")) {
      row.hidden = !words.every((word) => row.dataset.text.includes(word));
    }
    for (const group of list.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("[data-text]:not([hidden])");
      if (group.tagName === "DETAILS") group.open = words.length > 0;
    }
    document.getElementById("nothing-found").hidden = Boolean(list.querySelector("[data-text]:not([hidden])"));
  });
}

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

document.addEventListener("htmx:after:swap", () => prepare(document));
prepare(document);
