// @ts-check
// What a reader thinks of an answer: two buttons, and a form for what is wrong with it (templates/answer.html).

import { announce, byId, clone, t } from "./dom.js";
import { detail } from "./stream.js";

/** Puts the buttons under an answer. @param {HTMLElement} turn @param {import("./stream.js").Answer} answer */
export function offer(turn, answer) {
  if (!byId("vote") || answer.refusal?.reason === "needs_precision") return;
  turn.querySelector(".sources, .done")?.before(clone("vote"));
  const box = /** @type {HTMLElement} */ (turn.querySelector(".vote"));
  Object.assign(box.dataset, { answer: answer.id, conversation: answer.conversation ?? "" });
  open(box, false);
}

/** Shows or hides what may be wrong. @param {any} box @param {boolean} value */
function open(box, value) {
  box.querySelector(".note").hidden = !value;
  box.querySelector("[value=no]").ariaExpanded = value;
  if (value) box.scrollIntoView({ block: "nearest" });
}

byId("main").addEventListener("submit", async (event) => {
  const form = /** @type {any} */ (event.target), button = /** @type {any} */ (event.submitter), box = form.closest(".vote");
  if (!box) return;
  event.preventDefault();
  const [yes, no] = box.querySelectorAll("[aria-pressed]"), { id, answer, conversation } = box.dataset;
  const useful = button === yes, undo = button.name === "undo" || button.ariaPressed === "true";
  if (button === no && !undo) return open(box, box.querySelector(".note").hidden);
  const data = new FormData(form), body = { answer_id: answer, conversation, useful, reasons: data.getAll("reason"), note: data.get("note") };
  const request = undo ? { method: "DELETE" } : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch("/feedback" + (undo ? "/" + id : ""), request).catch(() => null);
  let said = t(undo ? "vote_undone" : "vote_thanks");
  if (response?.ok) {
    box.dataset.id = undo ? "" : (await response.json()).id;
    yes.ariaPressed = !undo && useful;
    no.ariaPressed = !undo && !useful;
    box.querySelector("[name=undo]").hidden = undo;
    open(box, false);
    (useful ? yes : no).focus();
  } else said = response ? await detail(response) : t("page_offline");
  box.querySelector(".said").textContent = said;
  announce(said);
});
for (const box of document.querySelectorAll(".conversation .vote")) open(box, false);
