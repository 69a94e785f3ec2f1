// Shows a look while it is typed: the server draws and checks it, nothing is kept. A chosen file is shown from this
// browser, before it is sent.

const form = document.getElementById("theme");
const DELAY_MS = 250;
let waiting = null;
let asked = 0;
let picture = "";
const checked = ["radius", ...[...form.querySelectorAll("[data-for]")].map((each) => each.dataset.for)];
const last = new Map(checked.map((name) => [name, form.elements[name].value]));

for (const field of form.querySelectorAll("input[type=color]")) {
  field.hidden = false;
  field.addEventListener("input", () => {
    form.elements[field.dataset.for].value = field.value;
  });
}
form.querySelector("[data-look]").hidden = true;

form.addEventListener("input", ({ target }) => {
  if (target.type === "file") return;
  const picker = form.querySelector(`[data-for="${target.name}"]`);
  if (picker && /^#[0-9a-f]{6}$/i.test(target.value)) picker.value = target.value;
  clearTimeout(waiting);
  waiting = setTimeout(look, DELAY_MS);
});

form.elements.picture.addEventListener("change", ({ target }) => {
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    picture = reader.result;
    draw();
  });
  if (target.files[0]?.type.startsWith("image/")) reader.readAsDataURL(target.files[0]);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest(".theme-use");
  if (!button) return;
  event.preventDefault();
  const [part, colour] = button.value.split(":");
  form.elements[part].value = colour;
  const picker = form.querySelector(`[data-for=${part}]`);
  if (picker) picker.value = colour;
  form.elements[part].closest("details")?.setAttribute("open", "");
  form.elements[part].focus();
  look();
});

async function look() {
  const mine = ++asked;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") body.append(name, value);
  }
  for (const [name, value] of last) body.append(`last_${name}`, value);
  document.getElementById("preview").setAttribute("aria-busy", "true");
  const answer = await fetch(form.dataset.preview, { method: "POST", body, headers: { "hx-request": "true" } });
  const text = await answer.text();
  if (mine !== asked) return;
  const told = new DOMParser().parseFromString(text, "text/html");
  const wrong = told.querySelectorAll("#wrong [data-field]");
  const said = new Map([...wrong].map((each) => [each.dataset.field, each.textContent]));
  blame(said);
  for (const name of checked) if (!said.has(name)) last.set(name, body.get(name));
  const shown = document.getElementById("preview");
  if (told.getElementById("preview")) shown.replaceWith(told.getElementById("preview"));
  else shown.removeAttribute("aria-busy");
  draw();
}

function blame(wrong) {
  for (const place of form.querySelectorAll(".field-error")) {
    const field = form.elements[place.id.slice(2)];
    const text = wrong.get(field.name) ?? "";
    place.textContent = text;
    place.closest(".form-row").classList.toggle("is-wrong", text !== "");
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    if (text) field.closest("details")?.setAttribute("open", "");
  }
}

function draw() {
  for (const each of picture ? document.querySelectorAll(".phone image") : []) each.setAttribute("href", picture);
}
