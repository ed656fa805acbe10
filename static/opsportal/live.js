/**
 * Live updates: one WebSocket per tab carries all topics of the page. The protocol is described in docs/live.md.
 *
 *   import { subscribe } from "./live.js";
 *   const stop = subscribe("services", {
 *     snapshot(updates) { ... },   // the whole topic: replace everything shown; may come again at any time
 *     update(updates) { ... },     // what changed: key -> whole new payload, or null when the key is gone
 *     connection(state) { ... },   // "connected", "reconnecting", "paused" or "signed_out"; called at once, then on change
 *     denied() { ... },            // optional: this person may not see the topic (any more)
 *   });
 *
 * @typedef {Object<string, Object|null>} Updates
 * @typedef {"connected"|"reconnecting"|"paused"|"signed_out"} ConnectionState
 * @typedef {Object} Handlers
 * @property {(updates: Updates) => void} [snapshot]
 * @property {(updates: Updates) => void} [update]
 * @property {(state: ConnectionState) => void} [connection]
 * @property {() => void} [denied]
 * @property {boolean} [background] keep receiving while the tab is hidden (say, for a count in the title)
 * @typedef {Object} Topic
 * @property {Set<Handlers>} handlers
 * @property {string} epoch the hub's start that `seq` counts in
 * @property {number|null} seq number of the last frame taken; null while a snapshot is awaited
 * @property {number} failures snapshots in a row that the server could not make
 */

const PATH = "/ws/live/";
const ACK_EVERY_FRAMES = 4;
const ACK_AFTER_MS = 3_000;
const CONNECT_DEADLINE_MS = 10_000;
const SILENCE_MS = 50_000; // the hub speaks every 20 s, so this long a silence is a dead line
const HIDDEN_GRACE_MS = 60_000;
const RETRY_FIRST_MS = 400;
const RETRY_MOST_MS = 15_000;
const STEADY_MS = 10_000; // a line that held this long is worth a quick retry
const SIGNED_OUT = 4401;

/** @type {Map<string, Topic>} */
const topics = new Map();
/** @type {WebSocket|null} */
let socket = null;
/** @type {ConnectionState} */
let state = "reconnecting";
let paused = false;
let asleep = false; // the tab has been hidden for a while
let received = 0;
let acknowledged = 0;
let attempts = 0;
let heardAt = 0;
let flowing = false; // welcomed, and updates reach the hub
let openedAt = Infinity;
let clockOffsetMs = 0;
let ackTimer = 0;
let retryTimer = 0;
let hiddenTimer = 0;

/**
 * Receive a topic. The handlers get a snapshot soon, then updates in order and without gaps; after any loss a snapshot again.
 * @param {string} name
 * @param {Handlers} handlers
 * @returns {() => void} stops it
 */
export function subscribe(name, handlers) {
  const known = topics.get(name);
  const topic = known ?? { handlers: new Set(), epoch: "", seq: null, failures: 0 };
  topics.set(name, topic);
  topic.handlers.add(handlers);
  guarded(handlers.connection, state);
  topic.seq = null;
  if (wanted(topic)) send({ subscribe: [name] });
  connect();
  return () => {
    if (!topic.handlers.delete(handlers) || topic.handlers.size || topics.get(name) !== topic) return;
    topics.delete(name);
    send({ unsubscribe: [name] });
  };
}

/** Freeze the page: nothing is received until resume(). */
export function pause() {
  if (paused) return;
  paused = true;
  send({ unsubscribe: [...topics.keys()] });
  setState("paused");
}

/** Go on after pause(), with a snapshot of every topic. */
export function resume() {
  if (!paused) return;
  paused = false;
  setState(flowing ? "connected" : "reconnecting");
  subscribeAll();
  connect();
}

/** @returns {ConnectionState} */
export function connectionState() {
  return state;
}

/** The server's time in ms since 1970, for ages that do not trust this machine's clock. */
export function serverNow() {
  return Date.now() + clockOffsetMs;
}

function connect() {
  if (socket || state === "signed_out" || !topics.size) return;
  clearTimeout(retryTimer);
  const address = new URL(PATH, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(address);
  socket = mine;
  received = acknowledged = 0;
  heardAt = Date.now();
  openedAt = Infinity;
  const deadline = setTimeout(() => drop(mine), CONNECT_DEADLINE_MS);
  mine.onopen = () => {
    clearTimeout(deadline);
    openedAt = Date.now();
    subscribeAll();
  };
  mine.onmessage = (event) => mine === socket && take(event.data);
  mine.onclose = (event) => {
    clearTimeout(deadline);
    if (mine === socket) lost(event.code);
  };
}

/** Give up on a socket without waiting for its close handshake, which a dead line never finishes. */
function drop(mine) {
  if (mine !== socket) return;
  mine.onclose = mine.onmessage = null;
  mine.close();
  lost(0);
}

function lost(code) {
  socket = null;
  if (Date.now() - openedAt > STEADY_MS) attempts = 0;
  clearTimeout(ackTimer);
  ackTimer = 0;
  for (const topic of topics.values()) topic.seq = null;
  if (code === SIGNED_OUT) return setState("signed_out");
  flow(false);
  const delay = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** attempts++);
  retryTimer = setTimeout(connect, delay * (0.5 + Math.random()));
}

function connectNow() {
  attempts = 0;
  if (socket && Date.now() - heardAt > SILENCE_MS) drop(socket);
  connect();
}

function take(text) {
  received += 1;
  heardAt = Date.now();
  acknowledgeSoon();
  const frame = JSON.parse(text);
  const topic = topics.get(frame.topic);
  if (frame.hello) welcome(frame);
  else if ("upstream" in frame) flow(frame.upstream);
  else if (!topic || paused) complain(frame);
  else if (frame.denied) refused(frame.topic, topic);
  else if (frame.error) snapshotFailed(frame.topic, topic);
  else if (frame.snapshot) takeSnapshot(frame, topic);
  else if (frame.updates) takeUpdates(frame, topic);
}

function welcome(frame) {
  clockOffsetMs = Date.parse(frame.now) - Date.now();
  flow(frame.upstream);
}

function flow(upstream) {
  flowing = upstream;
  setState(flowing ? "connected" : "reconnecting");
}

/** What is left is a heartbeat, frames of a topic given up meanwhile, or the server's word on a message of ours. */
function complain(frame) {
  if (frame.error) console.warn("live:", frame.error);
}

function takeSnapshot(frame, topic) {
  topic.epoch = frame.epoch;
  topic.seq = frame.seq;
  topic.failures = 0;
  for (const handlers of topic.handlers) guarded(handlers.snapshot, frame.snapshot);
}

function takeUpdates(frame, topic) {
  if (topic.seq === null) return; // the snapshot that is on its way holds these already
  if (frame.epoch !== topic.epoch || frame.seq !== topic.seq + 1) return askForSnapshot(frame.topic, topic);
  topic.seq = frame.seq;
  for (const handlers of topic.handlers) guarded(handlers.update, frame.updates);
}

function askForSnapshot(name, topic) {
  topic.seq = null;
  if (wanted(topic)) send({ snapshot: [name] });
}

function snapshotFailed(name, topic) {
  const delay = Math.min(RETRY_MOST_MS, 1_000 * 2 ** topic.failures++);
  setTimeout(() => topics.get(name) === topic && topic.seq === null && askForSnapshot(name, topic), delay);
}

function refused(name, topic) {
  topics.delete(name);
  for (const handlers of topic.handlers) guarded(handlers.denied);
}

function wanted(topic) {
  return !paused && (!asleep || [...topic.handlers].some((handlers) => handlers.background));
}

function subscribeAll() {
  const names = [...topics].filter(([, topic]) => wanted(topic)).map(([name]) => name);
  for (const name of names) topics.get(name).seq = null;
  send({ subscribe: names });
}

/** Lists longer than the server takes in one message are sent in parts. */
function send(message) {
  if (!isOpen()) return;
  const [[verb, value]] = Object.entries(message);
  if (!Array.isArray(value)) return socket.send(JSON.stringify(message));
  for (let from = 0; from < value.length; from += 20) {
    socket.send(JSON.stringify({ [verb]: value.slice(from, from + 20) }));
  }
}

/** The hub keeps only so many frames unacknowledged per tab; beyond that it waits and then sends a snapshot. */
function acknowledgeSoon() {
  if (received - acknowledged >= ACK_EVERY_FRAMES) acknowledge();
  else ackTimer ||= setTimeout(acknowledge, ACK_AFTER_MS);
}

function acknowledge() {
  clearTimeout(ackTimer);
  ackTimer = 0;
  acknowledged = received;
  send({ ack: received });
}

function setState(next) {
  const shown = paused && next !== "signed_out" ? "paused" : next;
  if (shown === state) return;
  state = shown;
  for (const topic of topics.values()) {
    for (const handlers of topic.handlers) guarded(handlers.connection, state);
  }
}

function isOpen() {
  return socket !== null && socket.readyState === WebSocket.OPEN;
}

/** One page part that throws must not keep the others from their update. */
function guarded(handler, argument) {
  try {
    handler?.(argument);
  } catch (error) {
    console.error("live handler failed", error);
  }
}

function visibilityChanged() {
  clearTimeout(hiddenTimer);
  if (document.hidden) {
    hiddenTimer = setTimeout(fallAsleep, HIDDEN_GRACE_MS);
    return;
  }
  const slept = asleep;
  asleep = false;
  if (slept && !paused) subscribeAll();
  connectNow();
}

function fallAsleep() {
  asleep = true;
  send({ unsubscribe: [...topics].filter(([, topic]) => !wanted(topic)).map(([name]) => name) });
}

document.addEventListener("visibilitychange", visibilityChanged);
addEventListener("online", connectNow);
setInterval(() => {
  if (socket && Date.now() - heardAt > SILENCE_MS) drop(socket);
}, 5_000);
