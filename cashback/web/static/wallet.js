// The wallet polls through htmx; this keeps what the reader opened in view and says aloud that something changed.

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
