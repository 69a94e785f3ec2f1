// The live feed: rows arrive by server-sent events, by polling where a stream cannot be held, and never more than the
// page says it keeps. A paused page collects what arrives and shows how much.

const POLL_MS = 5000;
const SILENCE_MS = 40000; // the server sends a beat every 15 s
const byId = (id) => document.getElementById(id);

const state = byId("live-state");
const pause = byId("live-pause");
const fresh = byId("live-new");
const lost = byId("live-lost");
const drawer = byId("drawer");

let source = null;
let poller = null;
let watchdog = null;
let heardAt = new Date();
let heard = "";
let waiting = [];
let unseen = 0;

function feed() {
  return byId("feed");
}

function clock(at) {
  const zone = feed().dataset.zone;
  const format = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
  return new Intl.DateTimeFormat(document.documentElement.lang, format).format(at);
}

function show(mode) {
  document.querySelector(".console").className = `console is-${mode}`;
  const word = { live: "on", paused: "paused", polling: "polling" }[mode];
  if (word) byId("live-word").textContent = state.dataset[word];
  state.hidden = mode === "lost";
  lost.hidden = mode !== "lost";
  if (mode === "lost") lost.querySelector("span").textContent = lost.dataset.text.replace("{time}", clock(heardAt));
}

function paused() {
  return pause.getAttribute("aria-pressed") === "true";
}

function alive() {
  heardAt = new Date();
  byId("live-time").textContent = clock(heardAt);
  clearTimeout(watchdog);
  watchdog = setTimeout(lose, SILENCE_MS);
  show(paused() ? "paused" : source ? "live" : "polling");
}

function tell(news) {
  if (news.tiles) {
    byId("tiles").innerHTML = news.tiles;
  } else if (paused()) {
    waiting = waiting.filter((each) => each.id !== news.id);
    waiting.push(news);
    if (waiting.length > Number(feed().dataset.max)) waiting.shift();
    count(waiting.length);
  } else {
    place(news);
  }
}

function place({ id, html }) {
  const held = byId(id);
  if (!html) {
    held?.remove();
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = html;
  const row = template.content.firstElementChild;
  if (held) {
    if (held.innerHTML !== row.innerHTML) held.replaceWith(row);
    else return;
  } else {
    const rows = byId("feed-rows");
    rows.closest("table").hidden = false;
    byId("feed-empty")?.remove();
    // Ids are time-ordered: a late row finds its place, the usual one is first.
    const later = [...rows.children].find((each) => each.id < id);
    rows.insertBefore(row, later ?? null);
    while (rows.children.length > Number(feed().dataset.max)) rows.lastElementChild.remove();
    count(unseen + 1);
  }
  window.htmx?.process(row);
}

function count(number) {
  unseen = number;
  fresh.hidden = number === 0;
  const pattern = number === 1 ? fresh.dataset.one : fresh.dataset.other;
  fresh.textContent = pattern.replace("{n}", new Intl.NumberFormat(document.documentElement.lang).format(number));
}

function connect() {
  disconnect();
  heard ||= feed().dataset.heard;
  const address = feed().dataset.stream.replace(/heard=\d*$/, `heard=${heard}`);
  source = new EventSource(address);
  source.onopen = alive;
  source.addEventListener("news", (event) => {
    heard = event.lastEventId || heard;
    alive();
    tell(JSON.parse(event.data));
  });
  source.addEventListener("beat", alive);
  source.onerror = () => {
    if (source?.readyState === EventSource.CLOSED) poll();
    else if (new Date() - heardAt > POLL_MS) lose();
  };
}

function disconnect() {
  source?.close();
  source = null;
  clearTimeout(poller);
  clearTimeout(watchdog);
}

async function poll() {
  disconnect();
  heard ||= feed().dataset.heard;
  try {
    const answer = await fetch(feed().dataset.rows + heard, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const told = await answer.json();
    heard = told.heard;
    alive();
    told.news.forEach(tell);
    poller = setTimeout(poll, POLL_MS);
  } catch {
    lose();
  }
}

function lose() {
  disconnect();
  show("lost");
  poller = setTimeout(connect, POLL_MS * 2);
}

pause.addEventListener("click", () => {
  const now = !paused();
  pause.setAttribute("aria-pressed", String(now));
  pause.querySelector("span").textContent = now ? pause.dataset.resume : pause.dataset.pause;
  if (now) count(0);
  else release();
  show(now ? "paused" : source ? "live" : "polling");
});

function release() {
  const held = waiting;
  waiting = [];
  count(0);
  held.forEach(place);
}

fresh.addEventListener("click", () => {
  if (paused()) pause.click();
  count(0);
  window.scrollTo({ top: 0 });
});

byId("live-retry").addEventListener("click", connect);

// A filter replaced the rows: what was collected belongs to the old ones.
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail?.ctx?.target;
  if (target?.id === "drawer-body") {
    byId("trace-title")?.focus();
  } else {
    waiting = [];
    count(0);
    heard = feed().dataset.heard;
    connect();
  }
});

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[data-drawer]");
  if (link && window.htmx && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    byId("drawer-body").replaceChildren(byId("drawer-wait").content.cloneNode(true));
    if (!drawer.open) drawer.showModal();
  } else if (event.target === drawer) {
    drawer.close();
  }
});

state.hidden = false;
pause.hidden = false;
connect();
