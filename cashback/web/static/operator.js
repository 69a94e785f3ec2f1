// The console. Everything works without this file too.

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

// A menu that is longer than the screen shows where one is.
const current = document.querySelector(".side-wide [aria-current]");
if (current) current.closest("nav").scrollTop = current.offsetTop - current.closest("nav").clientHeight / 2;

// The keyboard: "/" searches, "?" helps, "g" and a letter goes to a part. Single letters can be switched off.
const KEPT = "cashback.keys";
const GO_MS = 1200;
const finder = document.getElementById("finder");
const keys = document.getElementById("keys");
const toggle = document.getElementById("keys-switch");
let going = 0;

function off() {
  try {
    return localStorage.getItem(KEPT) === "off";
  } catch {
    return false;
  }
}

function shown() {
  toggle.textContent = off() ? toggle.dataset.on : toggle.dataset.off;
}

function elsewhere(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.activeElement === finder) {
    finder.value = "";
    document.getElementById("found").replaceChildren();
  }
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || elsewhere(event.target)) return;
  if (event.key === "?") {
    event.preventDefault();
    keys.showModal();
  } else if (off()) {
    return;
  } else if (event.key === "/") {
    event.preventDefault();
    finder.focus();
  } else if (event.key === "g") {
    going = event.timeStamp;
  } else if (event.timeStamp - going < GO_MS && /^[a-z]$/.test(event.key)) {
    going = 0;
    document.querySelector(`.side-wide a[data-key="${event.key}"]`)?.click();
  }
});

// What was found is closed by a click or a step outside of it.
for (const leaving of ["click", "focusin"]) {
  document.addEventListener(leaving, (event) => {
    if (event.target instanceof Element && !event.target.closest(".finder")) {
      document.querySelector(".finder .found")?.replaceChildren();
    }
  });
}

const opener = document.getElementById("keys-open");
opener.hidden = false;
opener.addEventListener("click", () => keys.showModal());
toggle.addEventListener("click", () => {
  try {
    localStorage.setItem(KEPT, off() ? "on" : "off");
  } catch {
    // A browser that keeps nothing keeps the shortcuts.
  }
  shown();
});
shown();

// What was done is told once: a page that is loaded again, or kept as a bookmark, tells no past.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(history.state, "", here);
}
