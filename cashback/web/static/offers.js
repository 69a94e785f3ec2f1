// The editor of an offer: nobody loses what they typed by leaving. Everything else works without this file too.

let dirty = Boolean(document.querySelector("#editor[data-dirty]"));

document.addEventListener("input", (event) => {
  if (event.target instanceof Element && event.target.closest("#editor")) dirty = true;
});

document.addEventListener("submit", (event) => {
  if (event.target instanceof Element && event.target.id === "editor") dirty = false;
});

window.addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

// A field that is gone after a redraw took the focus with it: it goes on where the person was.
let held = "";
document.addEventListener("htmx:before:swap", () => {
  held = document.activeElement instanceof HTMLElement ? document.activeElement.id : "";
});
document.addEventListener("htmx:after:swap", () => {
  if (document.querySelector("#editor[data-dirty]")) dirty = true;
  if (held && document.activeElement === document.body) document.getElementById(held)?.focus();
});
