// Orders the centres by how far they are. The position is asked for when the button is pressed, used here, and forgotten.

const list = document.getElementById("centres");
const button = document.getElementById("near");
const said = document.getElementById("near-said");
const placed = list ? [...list.querySelectorAll("[data-latitude]")] : [];

if (navigator.geolocation && placed.length > 1) {
  button.hidden = false;
  document.getElementById("near-hint").hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(order, () => { said.textContent = said.dataset.refused; }, { timeout: 8000 });
  });
}

function order({ coords }) {
  const shown = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "kilometer", maximumSignificantDigits: 2 });
  const away = placed.map((each) => [kilometres(coords, each.dataset), each]).sort(([one], [other]) => one - other);
  for (const [far, each] of away.reverse()) {
    each.querySelector("[data-away]").textContent = `· ${shown.format(far)}`;
    list.prepend(each);
  }
  said.textContent = said.dataset.done;
}

function kilometres(from, to) {
  const degree = Math.PI / 180;
  const [north, east] = [Number(to.latitude) / 1e5, Number(to.longitude) / 1e5];
  const part = Math.sin((north - from.latitude) * degree / 2) ** 2
    + Math.cos(from.latitude * degree) * Math.cos(north * degree) * Math.sin((east - from.longitude) * degree / 2) ** 2;
  return 12742 * Math.asin(Math.sqrt(part));
}
