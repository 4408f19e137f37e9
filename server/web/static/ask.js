// @ts-check
// The conversation: sends questions with what was said before, and shows each answer in its turn.

import { fail, fill, pending, plain, step, verified } from "./answer.js";
import { announce, byId, t } from "./dom.js";
import { follow } from "./proof.js";
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
let busy = false;

/** What was asked and answered above this turn. @param {HTMLElement} [before] */
function history(before) {
  const turns = [...conversation.querySelectorAll("article.turn")].filter((turn) => turn !== before && turn instanceof HTMLElement && turn.dataset.answer);
  return turns.slice(-remembered).flatMap((turn) => {
    const { standalone = "", answer = "" } = /** @type {HTMLElement} */ (turn).dataset;
    return [{ role: /** @type {const} */ ("user"), content: standalone }, { role: /** @type {const} */ ("assistant"), content: answer }];
  });
}

/** @param {string} question @param {HTMLElement} [turn] the turn to try again */
async function put(question, turn) {
  if (busy || !question) return;
  setBusy(true);
  const before = history(turn);
  const fresh = pending(question);
  if (turn) turn.replaceWith(fresh);
  else conversation.append(fresh);
  main.classList.remove("fresh");
  document.querySelector(".suggestions")?.remove();
  fresh.scrollIntoView({ block: "start" });
  announce(t("page_status_searching"));
  try {
    const collection = String(new FormData(form).get("collection") ?? "");
    const said = talk ? { conversation: talk.value, scope: {} } : { history: before };
    const request = { question, ...said, ...(collection ? { collection } : {}) };
    const answer = await ask(request, { onStep: (code) => step(fresh, code) }, new AbortController().signal);
    fill(fresh, answer);
    if (talk && answer.conversation) stay(fresh, answer.conversation, answer.turn ?? null);
    else remember(fresh.dataset.standalone || question, collection);
    announce(answer.answered ? t("page_status_answered", verified(answer).words) : (fresh.querySelector(".refusal h3, .refusal p")?.textContent ?? ""));
  } catch (cause) {
    const reason = cause instanceof Failure ? cause.message : t("page_interrupted");
    fail(fresh, reason, () => put(question, fresh));
    announce(t("page_status_failed", reason));
  } finally {
    setBusy(false);
  }
}

/** The button stays focusable while it waits, so that the keyboard is never lost. @param {boolean} value */
function setBusy(value) {
  busy = value;
  send.setAttribute("aria-disabled", String(value));
}

/** A reload, or a link sent to a colleague, asks the same question again. @param {string} question @param {string} collection */
function remember(question, collection) {
  const query = new URLSearchParams({ q: question, ...(collection ? { collection } : {}) });
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
  if (!question || busy) return;
  field.value = "";
  grow();
  put(question);
}

/** Where the style cannot size the field by its content, the script does. */
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  field.rows = Math.min(6, field.value.split("\n").length);
}

/** @param {HTMLElement} button */
async function copy(button) {
  const turn = /** @type {HTMLElement} */ (button.closest(".turn"));
  let said = t("page_copied");
  try {
    await navigator.clipboard.writeText(plain(turn));
  } catch {
    said = t("page_copy_failed");
  }
  announce(said);
  button.textContent = said;
  setTimeout(() => (button.textContent = t("page_copy")), 2000);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
field.addEventListener("input", grow);
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
  const button = target.closest("button.copy");
  if (button instanceof HTMLElement) copy(button);
});
for (const button of document.querySelectorAll("button.copy")) button.removeAttribute("hidden");
form.querySelector("input[name=previous]")?.remove();
follow(conversation);
