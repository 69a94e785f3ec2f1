// Keeps the last copy of the wallet's pages for when there is no network, and says on each how old it is. Never keeps a
// form's answer, never sends anything by itself, and forgets everything when somebody signs in or out or is erased.

const SHELL = "shell-1";
const PAGES = "pages-1";
const OFFLINE = { fr: "/fr/offline", en: "/en/offline" };
const WALLET = /^\/(fr|en)\/wallet(\/|$)/;
const DOORS = /^\/(enter|sso|leave)$|\/(sign-in|erased)(\/|$)/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(Object.values(OFFLINE))).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (DOORS.test(url.pathname)) {
    event.waitUntil(caches.delete(PAGES));
  } else if (request.method !== "GET") {
    // A form is never passed through here: its headers must say where it came from. Without a network it is refused.
    if (request.mode === "navigate" && !navigator.onLine) event.respondWith(offline(url));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(fromShell(request));
  } else if (url.pathname.startsWith("/theme/")) {
    event.respondWith(fromShell(request, PAGES));
  } else if (request.mode === "navigate" && WALLET.test(url.pathname)) {
    event.respondWith(page(request, url));
  }
});

// What belongs to one operator's look is kept with the pages, and forgotten with them.
async function fromShell(request, kept = SHELL) {
  const held = await caches.match(request);
  if (held) return held;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(kept)).put(request, answer.clone());
  return answer;
}

async function page(request, url) {
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    const held = await (await caches.open(PAGES)).match(url.pathname + url.search);
    return held ? withBanner(held) : offline(url);
  }
  if (answer.status === 401) await caches.delete(PAGES);
  if (answer.ok && answer.type === "basic" && !answer.redirected) await keep(url, answer.clone());
  return answer;
}

async function keep(url, answer) {
  const headers = new Headers(answer.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  headers.set("x-kept", new Date().toISOString());
  const copy = new Response(await answer.text(), { status: 200, headers });
  await (await caches.open(PAGES)).put(url.pathname + url.search, copy);
}

async function withBanner(held) {
  const language = held.headers.get("content-language") ?? "en";
  const kept = new Date(held.headers.get("x-kept"));
  const text = (await held.text())
    .replace('id="offline" hidden', 'id="offline"')
    .replace(/<time data-kept data-zone="([^"]+)" data-zone-name="([^"]+)">/, (tag, timeZone, name) => {
      // The hour is that of the centre, wherever its reader has gone, and says so.
      const when = kept.toLocaleString(language, { dateStyle: "medium", timeStyle: "short", timeZone });
      return `${tag}${when} (${name})`;
    });
  return new Response(text, { status: 200, headers: held.headers });
}

async function offline(url) {
  const language = url.pathname.startsWith("/fr") ? "fr" : "en";
  return (await caches.match(OFFLINE[language])) ?? Response.error();
}
