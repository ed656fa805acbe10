// The state of the live line: a banner while it is away, and the button that pauses it.
import { connectionState, pause, resume } from "./live.js";
import { ageElement } from "./ages.js";

const GRACE_MS = 1_500; // the first connection, and a short hiccup, are no news
const banner = document.getElementById("connection");
const button = document.getElementById("live-toggle");
let timer = 0;
let lostAt = null;

/** Give this to `subscribe` as its `connection`. */
export function connection(state) {
  clearTimeout(timer);
  if (state === "reconnecting") lostAt ??= new Date().toISOString();
  else if (state !== "signed_out") lostAt = null;
  if (state === "reconnecting") timer = setTimeout(show, GRACE_MS, state);
  else show(state);
}

function show(state) {
  document.documentElement.dataset.connection = state;
  banner.hidden = state === "connected";
  banner.replaceChildren(...words(state));
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(state === "paused"));
  button.title = state === "paused" ? "Resume live updates (.)" : "Pause live updates (.)";
  button.querySelector(".icon").textContent = state === "paused" ? "play_arrow" : state === "connected" ? "sensors" : "hourglass_empty";
  button.querySelector(".live-word").textContent = { paused: "Paused", connected: "Live", reconnecting: "Reconnecting", signed_out: "Offline" }[state];
}

function words(state) {
  if (state === "paused") return [icon("pause"), " Live updates are paused. What you see does not change."];
  if (state === "signed_out") return [icon("lock"), " You were logged out. ", link("Log in again", location.href)];
  if (state === "reconnecting") return [icon("hourglass_empty"), " Reconnecting… What you see is ", ageElement(lostAt), " old."];
  return [];
}

function icon(name) {
  const element = document.createElement("span");
  element.className = "icon";
  element.setAttribute("aria-hidden", "true");
  element.textContent = name;
  return element;
}

function link(text, address) {
  const element = document.createElement("a");
  element.href = address;
  element.textContent = text;
  return element;
}

button?.addEventListener("click", () => (connectionState() === "paused" ? resume() : pause()));
