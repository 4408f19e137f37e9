// @ts-check
// The conversation: sends questions with what was said before, and shows each answer in its turn.

import { fail, fill, gather, grow, markdown, pending, plain, step, unfold, verified } from "./answer.js";
import { adopt, announce, byId, t } from "./dom.js";
import { Failure, ask } from "./stream.js";

/** How many past questions go with a follow-up. */
const remembered = 6;

const main = byId("main");
const conversation = byId("conversation");
const form = /** @type {HTMLFormElement} */ (byId("ask"));
const field = /** @type {HTMLTextAreaElement} */ (byId("question"));
/** The conversation that is kept: an identifier, "new" before the first question; null where none is. */
const talk = /** @type {HTMLInputElement|null} */ (form.querySelector("input[name=conversation]"));
const send = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
let /** @type {AbortController|undefined} */ running;

/** What was asked and answered above this turn. @param {HTMLElement} [before] */
function history(before) {
  const turns = [...conversation.querySelectorAll("article.turn")].filter((turn) => turn !== before && turn instanceof HTMLElement && turn.dataset.answer);
  return turns.slice(-remembered).flatMap((turn) => {
    const { standalone = "", answer = "" } = /** @type {HTMLElement} */ (turn).dataset;
    return [{ role: /** @type {const} */ ("user"), content: standalone }, { role: /** @type {const} */ ("assistant"), content: answer }];
  });
}

/** The panel is loaded with the first answer; until then, and where it cannot be, citations lead to their pages. */
async function proof() {
  const panel = await import("./proof.js").catch(() => null);
  panel?.follow(conversation);
  return panel;
}

/** @param {string} question @param {HTMLElement} [turn] the turn to try again */
async function put(question, turn) {
  if (running || !question) return;
  const mine = (running = new AbortController());
  offerStop(true);
  const before = history(turn);
  const fresh = pending(question);
  if (turn) turn.replaceWith(fresh);
  else conversation.append(fresh);
  main.classList.remove("fresh");
  document.querySelector(".suggestions")?.remove();
  fresh.scrollIntoView({ block: "start" });
  announce(t("page_status_searching"));
  const panel = proof();
  const vote = import("./vote.js").catch(() => {});
  try {
    const { collection, ...narrowed } = scope();
    const narrow = Object.values(narrowed).flat().some(Boolean) ? { scope: narrowed } : {};
    const said = talk ? { conversation: talk.value, scope: {}, ...narrow } : { history: before, ...narrow };
    const request = { question, ...said, ...(collection ? { collection } : {}) };
    const answer = await ask(request, { onStep: (code) => step(fresh, code), onSentence: (sentence) => grow(fresh, sentence) }, mine.signal);
    await fill(fresh, answer);
    await panel;
    (await vote)?.offer(fresh, answer);
    if (talk && answer.conversation) stay(fresh, answer.conversation, answer.turn ?? null);
    else remember(fresh.dataset.standalone || question);
    announce(answer.answered ? `${t("page_status_answered", verified(answer).words)} ${answer.answer.replace(/\[\d+\]/g, "")}` : (fresh.querySelector(".refusal")?.textContent ?? ""));
  } catch (cause) {
    if (mine.signal.aborted) {
      fail(fresh, t("page_stopped"), t("page_stopped_more"));
      announce(t("page_stopped"));
      return;
    }
    if (talk && cause instanceof Failure && cause.cause === 404) talk.value = "new"; // erased elsewhere: what is tried again begins another
    const reason = cause instanceof Failure ? cause.message : t("page_interrupted");
    fail(fresh, t("page_problem"), reason);
    announce(t("page_status_failed", reason));
  } finally {
    running = undefined;
    offerStop(false);
  }
}

/** While an answer is written the button stops it; it stays where it is, so that the keyboard is never lost. @param {boolean} value */
function offerStop(value) {
  send.textContent = t(value ? "page_stop" : "page_ask");
  send.classList.toggle("stop", value);
}

/** What the form narrows a question to. */
function scope() {
  const data = new FormData(form);
  const one = (/** @type {string} */ name) => String(data.get(name) ?? ""), all = (/** @type {string} */ name) => data.getAll(name).map(String);
  return { collection: one("collection"), documents: all("document"), versions: all("version"), year: one("year"), as_of: one("as_of") };
}

/** A reload, or a link sent to a colleague, asks the same question of the same documents again. @param {string} question */
function remember(question) {
  const query = new URLSearchParams({ q: question });
  for (const [name, value] of new FormData(form)) if (!["q", "previous", "conversation"].includes(name) && value) query.append(name, String(value));
  window.history.replaceState(null, "", "/?" + query);
}

/** The next question goes on the conversation, and a reload shows it again. @param {HTMLElement} turn @param {string} id @param {number|null} number */
function stay(turn, id, number) {
  if (talk) talk.value = id;
  turn.id = "turn-" + number;
  form.action = "/conversations/" + encodeURIComponent(id);
  window.history.replaceState(null, "", "/conversations/" + encodeURIComponent(id));
}

function submit() {
  const question = field.value.trim();
  if (!question || running) return;
  field.value = "";
  size();
  put(question);
}

/** Where the style cannot size the field by its content, the script does. */
function size() {
  if (CSS.supports("field-sizing", "content")) return;
  field.rows = Math.min(6, field.value.split("\n").length);
}

/** @param {HTMLElement} button @param {string} words */
async function copy(button, words) {
  let said = t("page_copied");
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    said = t("page_copy_failed");
  }
  announce(said);
  const before = t("page_" + button.dataset.do);
  button.textContent = said;
  setTimeout(() => (button.textContent = before), 2000);
}

/** Prints one turn, with its sources. @param {HTMLElement} turn */
function print(turn) {
  turn.classList.add("alone");
  document.body.classList.add("one");
  for (const sources of turn.querySelectorAll("details.sources")) sources.setAttribute("open", "");
  window.print();
  turn.classList.remove("alone");
  document.body.classList.remove("one");
}

/** What the buttons of a turn do. @param {HTMLElement} button */
function act(button) {
  const turn = /** @type {HTMLElement} */ (button.closest(".turn"));
  switch (button.dataset.do) {
    case "copy": return copy(button, plain(turn));
    case "markdown": return copy(button, markdown(turn));
    case "print": return print(turn);
    case "again": return put(turn.dataset.question ?? "", turn);
    case "more": return unfold(button);
  }
}

// Keys of one letter can be switched off: speech input and some screen readers type them.
function listen() {
  const list = /** @type {HTMLDialogElement} */ (byId("keys")), on = /** @type {HTMLInputElement} */ (byId("keys-on"));
  const open = /** @type {HTMLElement} */ (byId("keys-open"));
  open.hidden = false;
  open.addEventListener("click", () => list.showModal());
  on.checked = localStorage.getItem("keys-off") === null;
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem("keys-off") : localStorage.setItem("keys-off", "1")));
  document.addEventListener("keydown", (event) => {
    if (!on.checked || list.open || ((event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph")) || writes(event.target)) return;
    switch (event.key) {
      case "/": field.focus(); break;
      case "[": proof().then((panel) => panel?.step(-1)); break;
      case "]": proof().then((panel) => panel?.step(1)); break;
      case "?": list.showModal(); break;
      default: return;
    }
    event.preventDefault();
  });
}


/** Whether keys are text there. @param {EventTarget|null} target */
const writes = (target) => target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

send.addEventListener("click", (event) => {
  if (!running) return;
  event.preventDefault();
  running.abort();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
field.addEventListener("input", size);
// A line break that Shift did not ask for sends: this also hears the Enter of touch keyboards.
let shift = false;
field.addEventListener("keydown", (event) => (shift = event.shiftKey));
field.addEventListener("beforeinput", (event) => {
  if (event.inputType !== "insertLineBreak" || shift || event.isComposing) return;
  event.preventDefault();
  submit();
});
main.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const suggestion = target.closest("a[data-question]");
  if (suggestion instanceof HTMLElement && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    put(suggestion.dataset.question ?? "");
    field.focus({ preventScroll: true });
  }
  const button = target.closest(".turn button[data-do]");
  if (button instanceof HTMLElement) act(button);
});
for (const button of document.querySelectorAll(".checks button")) button.removeAttribute("hidden");
for (const box of conversation.querySelectorAll(".answer")) gather(box);
form.querySelector("input[name=previous]")?.remove();
if (conversation.querySelector(".turn")) proof();
if (conversation.querySelector(".vote")) import("./vote.js").catch(() => {});
const proposed = document.querySelector(".suggestions[hidden]");
if (proposed) setTimeout(() => adopt("/suggestions", ".suggestions:not([hidden])").then((found) => proposed.replaceWith(found), () => {}), 100);
listen();
