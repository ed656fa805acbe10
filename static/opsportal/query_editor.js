// One expression: a text with colours behind it, offers at the caret, and the mistake under its place.
import { check } from "./query_ask.js";
import { offersAt, words } from "./query_offers.js";
import { placeAt, tokens } from "./query_text.js";

const IDLE_MS = 400;
let made = 0;

export class Editor {
  /** @param {HTMLElement} root a row of the page; `run` and `changed` are called without arguments */
  constructor(root, { run, changed }) {
    const find = (selector) => root.querySelector(selector);
    Object.assign(this, { root, run, changed, text: find("textarea"), paint: find(".paint"), box: find(".offers"), list: find("[role=listbox]"), help: find(".offer-help"), mark: find(".place"), problem: find(".problem") });
    Object.assign(this, { offers: [], chosen: -1, place: null, moved: false, mistake: null, asked: 0, timer: 0, checking: new AbortController() });
    this.id = `expression-${++made}`;
    this.list.id = `${this.id}-offers`;
    this.problem.id = `${this.id}-problem`;
    this.text.setAttribute("aria-controls", this.list.id);
    this.text.setAttribute("aria-describedby", this.problem.id);
    this.listen();
    this.repaint();
  }

  get value() {
    return this.text.value.trim();
  }

  set value(text) {
    this.text.value = text;
    this.close();
    this.clear();
    this.repaint();
  }

  listen() {
    this.text.addEventListener("input", (event) => this.typed(event));
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => this.close());
    this.text.addEventListener("click", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the text keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.accept(Number(option.dataset.place));
    });
    this.list.addEventListener("mousemove", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.place), false);
    });
  }

  typed(event) {
    if (this.accepting) return;
    this.clear();
    this.repaint();
    this.changed();
    const began = /[\w:"'`=([{,]$/.test(this.text.value.slice(0, this.text.selectionStart));
    if (event.inputType?.startsWith("delete") ? this.isOpen() : began) this.offer(false);
    else this.close();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.isOpen() || this.check(), IDLE_MS);
  }

  key(event) {
    const open = this.isOpen();
    const acts = {
      ArrowDown: () => open && this.choose((this.chosen + 1) % this.offers.length),
      ArrowUp: () => open && this.choose((this.chosen + this.offers.length - 1) % this.offers.length),
      PageDown: () => open && this.choose(Math.min(this.chosen + 8, this.offers.length - 1)),
      PageUp: () => open && this.choose(Math.max(this.chosen - 8, 0)),
      Tab: () => open && !event.shiftKey && this.accept(this.chosen),
      Escape: () => open && this.close(),
      Enter: () => this.enter(event, open),
      " ": () => event.ctrlKey && this.offer(true),
    };
    const act = Object.hasOwn(acts, event.key) ? acts[event.key] : null;
    if (!act || event.isComposing || (event.key !== " " && event.key !== "Enter" && !open) || act() === false) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** With Ctrl it runs; an offer is taken, but not one that is typed out already; Shift begins a line. */
  enter(event, open) {
    if (event.shiftKey && !event.ctrlKey && !event.metaKey) return false;
    const offer = this.offers[this.chosen];
    const done = !open || (!this.moved && offer.text === this.place.typed);
    if (!done && !event.ctrlKey && !event.metaKey) return this.accept(this.chosen);
    this.close();
    return this.run();
  }

  isOpen() {
    return !this.box.hidden;
  }

  async offer(wanted) {
    const turn = ++this.asked;
    const caret = this.text.selectionStart;
    const place = placeAt(this.text.value, caret, words);
    if (!place || (!wanted && place.kind === "name" && place.fresh)) return this.close();
    const { found, more } = await offersAt(place);
    if (turn !== this.asked || caret !== this.text.selectionStart || document.activeElement !== this.text) return;
    const only = found.length === 1 && found[0].text === place.typed && !wanted;
    if (!found.length || only) return this.close();
    Object.assign(this, { offers: found, place, moved: false });
    this.show(more);
    this.choose(0, false);
  }

  show(more) {
    this.list.replaceChildren(...this.offers.map((offer, place) => this.option(offer, place)));
    if (more) this.list.append(element("li", "offer-more muted small", `${more.toLocaleString("en")} more: type on`, { role: "presentation" }));
    this.box.hidden = false;
    this.text.setAttribute("aria-expanded", "true");
    const caret = this.at(this.place.start);
    const host = this.box.offsetParent.getBoundingClientRect();
    const most = Math.max(0, host.width - this.box.offsetWidth);
    this.box.style.left = `${Math.min(Math.max(0, caret.left - host.left - 12), most)}px`;
    this.box.style.top = `${caret.bottom - host.top + 9}px`;
  }

  option(offer, place) {
    const item = element("li", "offer", "", { role: "option", id: `${this.list.id}-${place}`, "data-place": place, "aria-selected": "false" });
    if (offer.signature || offer.help) item.setAttribute("aria-description", [offer.signature, offer.help].filter(Boolean).join(". "));
    const name = element("span", "offer-text");
    const low = offer.text.toLowerCase().indexOf(this.place.typed.toLowerCase());
    if (this.place.typed && low >= 0) {
      const end = low + this.place.typed.length;
      name.append(offer.text.slice(0, low), element("b", "", offer.text.slice(low, end)), offer.text.slice(end));
    } else name.append(offer.text || "(empty)");
    item.append(name, element("span", `offer-kind kind-${offer.kind}`, offer.kind));
    return item;
  }

  choose(place, moved = true) {
    if (place < 0 || place >= this.offers.length) return;
    this.list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.chosen = place;
    this.moved ||= moved;
    const option = this.list.children[place];
    option.setAttribute("aria-selected", "true");
    if (moved) option.scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", option.id);
    const { signature, help } = this.offers[place];
    this.help.replaceChildren(...[signature && element("code", "", signature), help && element("span", "", help)].filter(Boolean));
    this.help.hidden = !signature && !help;
  }

  /** In place of what is typed, so that Ctrl-Z takes it back. */
  accept(number) {
    const offer = this.offers[number];
    const { start, end } = this.place;
    this.close();
    this.text.focus();
    const behind = this.text.value.slice(end);
    const [insert, back] = !offer.caret || !/^\s*\(|^\s*[=!]/.test(behind) ? [offer.insert, offer.caret ?? 0] : [offer.text, 0];
    this.accepting = true;
    this.text.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, insert)) this.text.setRangeText(insert, start, end, "end");
    this.text.setSelectionRange(start + insert.length - back, start + insert.length - back);
    this.accepting = false;
    this.clear();
    this.repaint();
    this.changed();
    if (offer.again && back) this.offer(true);
  }

  close() {
    this.asked += 1;
    this.box.hidden = true;
    this.offers = [];
    this.text.setAttribute("aria-expanded", "false");
    this.text.removeAttribute("aria-activedescendant");
  }

  /** Is it an expression? Says what is wrong with it, and answers whether nothing is. */
  async check() {
    this.checking.abort();
    this.checking = new AbortController();
    const text = this.text.value;
    if (!text.trim()) return true;
    try {
      const answer = await check(text, this.checking.signal);
      if (text !== this.text.value) return false;
      if (answer?.error) this.fail(answer.error, answer.position);
      return !answer?.error;
    } catch {
      return true; // nobody could say: running it will tell
    }
  }

  /** Words under the text, and where a place is known a mark under it. `position` counts characters, as Python does. */
  fail(words, position = null) {
    const text = this.text.value;
    const start = position === null ? null : [...text].slice(0, position).join("").length;
    this.mistake = start === null ? null : { start, end: start + (/^(?:[\w:.]+|[^])/.exec(text.slice(start))?.[0].length ?? 0) };
    this.text.setAttribute("aria-invalid", "true");
    this.repaint();
    this.mark.hidden = start === null;
    if (start !== null) this.point(start);
    const where = start === null ? "" : `Character ${position + 1}: `;
    this.problem.textContent = `${where}${words}`;
    this.problem.hidden = false;
  }

  point(start) {
    const place = this.at(start);
    const host = this.mark.parentElement.getBoundingClientRect();
    this.mark.textContent = "▲";
    this.mark.style.setProperty("--left", `${Math.min(Math.max(0, place.left - host.left), host.width - 12)}px`);
  }

  clear() {
    this.checking.abort();
    this.mistake = null;
    this.text.removeAttribute("aria-invalid");
    this.problem.hidden = this.mark.hidden = true;
    this.problem.textContent = "";
  }

  repaint() {
    const text = this.text.value;
    const { start = -1, end = -1 } = this.mistake ?? {};
    const pieces = tokens(text, words).flatMap((token) => {
      const wrong = token.start < end && token.end > start;
      return token.kind === "space" && !wrong ? token.text : element("span", `t-${token.kind}${wrong ? " wrong" : ""}`, token.text);
    });
    const after = start === text.length && this.mistake ? element("span", "wrong wrong-end", " ") : "\u200b";
    this.paint.replaceChildren(...pieces, after);
  }

  /** Where a character of the text is on the screen. The text always ends with a piece of its own, so there is one for every place. */
  at(offset) {
    const range = document.createRange();
    const walker = document.createTreeWalker(this.paint, NodeFilter.SHOW_TEXT);
    let seen = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (seen + node.length > offset) {
        range.setStart(node, offset - seen);
        range.setEnd(node, offset - seen);
        return range.getBoundingClientRect();
      }
      seen += node.length;
    }
    return this.paint.getBoundingClientRect();
  }
}

export function element(name, classes = "", text = "", attributes = {}) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
