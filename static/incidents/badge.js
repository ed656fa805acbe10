// How many incidents are open, in the bar of every page that stays open.

const EVERY_MS = 15_000;
const badge = document.getElementById("open-incidents");

async function refresh() {
  if (document.hidden || document.documentElement.dataset.connection === "paused") return;
  const answer = await fetch("/incidents/count.json", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { open } = await answer.json();
  badge.hidden = !open;
  badge.firstChild.textContent = open >= 1000 ? "999+" : String(open);
}

if (badge) {
  refresh();
  setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
}
