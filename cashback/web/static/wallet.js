// The wallet hears by server-sent events that something changed and then asks for itself through htmx; where a stream
// cannot be held it asks every few seconds. This also keeps what the reader opened in view and says what changed.

const POLL_MS = 5000;
const SILENCE_MS = 40000; // the server sends a beat every 15 s

let source = null;
let poller = null;
let watchdog = null;

function changed() {
  const wallet = document.getElementById("wallet");
  if (wallet?.dataset.stream) window.htmx?.trigger(wallet, "wallet:changed");
}

function listen() {
  const wallet = document.getElementById("wallet");
  if (!wallet?.dataset.stream) return;
  clearInterval(poller);
  source?.close();
  source = new EventSource(wallet.dataset.stream + wallet.dataset.stamp);
  source.onopen = alive;
  source.addEventListener("beat", alive);
  source.addEventListener("wallet", () => {
    alive();
    changed();
  });
  source.onerror = () => {
    if (source?.readyState === EventSource.CLOSED) poll();
  };
}

function alive() {
  clearTimeout(watchdog);
  watchdog = setTimeout(poll, SILENCE_MS);
}

// Asks by itself, and tries for a stream again after a minute.
function poll() {
  source?.close();
  source = null;
  clearInterval(poller);
  clearTimeout(watchdog);
  let rounds = 0;
  poller = setInterval(() => {
    changed();
    rounds += 1;
    if (rounds * POLL_MS >= 60000) listen();
  }, POLL_MS);
}

document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (details instanceof HTMLDetailsElement && details.open && details.classList.contains("why")) {
    details.querySelector(".why-body")?.scrollIntoView({ block: "nearest", behavior: motion() });
  }
}, true);

document.addEventListener("htmx:after:swap", () => {
  const news = document.getElementById("wallet-news");
  if (news) news.textContent = news.dataset.text ?? "";
});

function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}

window.addEventListener("pagehide", () => source?.close());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) listen();
});
listen();
