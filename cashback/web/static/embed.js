// Tells the site around the frame how tall the page is and what came of it. A test number that is typed chooses its
// card here and is taken away again: nothing that looks like a card number is ever part of the form.
const page = document.querySelector("main[data-origin]");
const framed = window.parent !== window;

function tell(message) {
  if (framed) window.parent.postMessage({ source: "cashback", ...message }, page.dataset.origin);
}

new ResizeObserver(() => tell({ type: "resize", height: document.documentElement.offsetHeight })).observe(document.body);
if (page.dataset.told) tell(JSON.parse(page.dataset.told));

const box = document.querySelector(".embed-number");
if (box) {
  const numbers = JSON.parse(box.dataset.numbers);
  const field = box.querySelector("input");
  const hint = box.querySelector(".hint");
  const said = hint.textContent;
  box.hidden = false;
  field.addEventListener("input", () => {
    const digits = field.value.replace(/\D/g, "");
    const code = numbers[digits];
    hint.textContent = said;
    if (code) {
      document.querySelector(`input[name=card][value=${code}]`).checked = true;
      field.value = "";
    } else if (digits.length >= 16) {
      field.value = "";
      hint.textContent = box.dataset.unknown;
    }
  });
}
