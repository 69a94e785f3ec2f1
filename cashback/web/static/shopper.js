// Lets the wallet be read without a network, and says when there is none.

navigator.serviceWorker?.register("/sw.js").catch(() => undefined);

const banner = document.getElementById("offline");
addEventListener("offline", () => {
  if (banner) banner.hidden = false;
});
addEventListener("online", () => {
  if (banner) banner.hidden = true;
});
