// The feed, live: new events are put on top while nobody reads the list; else a pill counts them, and nothing jumps.
import { subscribe } from "./live.js";
import { connection } from "./connection.js";
import { perFrame, spaced } from "./batch.js";
import { announce } from "./announce.js";

const feed = document.getElementById("feed");
const pill = document.getElementById("new-events");
const { kind, severities, subject, text } = feed.dataset;
const waiting = new Set();
let newest = highest([...feed.querySelectorAll("[data-key]")].map((row) => row.dataset.key));

function highest(keys) {
  return keys.reduce((most, key) => Math.max(most, Number(key)), 0);
}

function matches(event) {
  const words = `${event.summary} ${event.subject}`.toLowerCase();
  return (
    (!kind || event.kind === kind || event.kind.startsWith(`${kind}.`)) &&
    (!severities || severities.split(" ").includes(event.severity)) &&
    (!subject || event.subject === subject || (/[:/]$/.test(subject) && event.subject.startsWith(subject))) &&
    (!text || words.includes(text.toLowerCase()))
  );
}

const show = perFrame((updates) => {
  for (const [key, event] of updates) if (event && Number(key) > newest && matches(event)) waiting.add(key);
  if (!waiting.size) return;
  announce(`${waiting.size} new event${waiting.size === 1 ? "" : "s"}`);
  const reading = scrollY > 80 || feed.matches(":hover, :focus-within") || !feed.dataset.newest;
  if (reading) showPill();
  else refreshSoon();
});

function showPill() {
  pill.textContent = `${waiting.size} new event${waiting.size === 1 ? "" : "s"}`;
  pill.hidden = false;
}

async function refresh() {
  const address = new URL(location.href);
  address.searchParams.set("fragment", "1");
  address.searchParams.delete("before");
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const known = newest;
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  feed.replaceChildren(...fresh.childNodes);
  for (const row of feed.querySelectorAll("[data-key]")) if (Number(row.dataset.key) > known) row.classList.add("fresh");
  newest = Math.max(newest, highest([...feed.querySelectorAll("[data-key]")].map((row) => row.dataset.key)));
  waiting.clear();
  pill.hidden = true;
}

const refreshSoon = spaced(refresh, 1_500);

pill.addEventListener("click", () => {
  if (!feed.dataset.newest) return location.assign(newestAddress());
  refresh();
  scrollTo({ top: 0 });
});

function newestAddress() {
  const address = new URL(location.href);
  address.searchParams.delete("before");
  return address.href;
}

subscribe("feed", { snapshot: show, update: show, connection });
