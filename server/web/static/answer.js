// @ts-check
// Draws an answer as the server does (templates/answer.html): same elements, same words.

import { clone, count, el, known, local, number, t } from "./dom.js";

/** @typedef {import("./stream.js").Answer} Answer */
/** @typedef {import("./stream.js").Citation} Citation */
/** @typedef {Pick<Answer, "answer"|"sentences"|"citations"|"mode"|"language">} Drawn what an answer, or a part of it, is drawn from */

/**
 * The turn of a question: its heading, and a skeleton until `fill` or `fail` replaces it.
 * @param {string} question
 */
export function pending(question) {
  const turn = el("article", { class: "turn", "data-question": question, "aria-busy": "true" }, el("h2", { class: "q", dir: "auto", tabindex: "-1" }, question));
  turn.append(clone("skeleton"));
  return turn;
}

/** Shows which step is being done. @param {HTMLElement} turn @param {string} code */
export function step(turn, code) {
  const line = turn.querySelector(".step");
  if (line && known("page_step_" + code)) line.textContent = t("page_step_" + code);
}

/**
 * Shows an answer in its turn: its words first, and in a task of its own what stands under them, so that a long
 * answer never holds the page.
 * @param {HTMLElement} turn
 * @param {Answer} answer
 */
export async function fill(turn, answer) {
  const { asked, standalone } = answer.question;
  const gentle = answer.refusal?.reason === "needs_precision";
  const rewritten = standalone && standalone !== asked && !gentle ? standalone : "";
  turn.dataset.answer = gentle ? "" : answer.answer; // no follow-up leans on a greeting
  turn.dataset.standalone = rewritten || asked;
  const parts = [];
  const cited = new Set(answer.citations.map((c) => c.document.id)).size;
  if (rewritten) parts.push(el("p", { class: "asof" }, t("page_understood_as", rewritten)));
  if (answer.answered && cited) {
    const made = answer.mode === "extractive" ? el("span", { class: "made" }, t("page_extractive")) : null;
    parts.push(el("p", { class: "asof" }, count("page_cited", cited), made && " · ", made));
  }
  if (answer.degraded) parts.push(el("p", { class: "callout degraded" }, clone("tone-warn"), el("span", {}, t(answer.partial ? "page_partial" : degradation(answer.degraded_reason)))));
  if (answer.dropped_sentences) parts.push(el("p", { class: "callout" }, clone("tone-warn"), el("span", {}, t("page_dropped", answer.dropped_sentences))));
  const said = turn.querySelector(".answer");
  if (said && answer.answered) {
    for (const old of [...turn.children]) if (old !== said && !old.matches(".q")) old.remove();
    said.before(...parts);
    complete(said, text(answer));
  } else {
    settle(turn, [...parts, answer.answered ? text(answer) : refusal(answer)]);
  }
  await new Promise((later) => setTimeout(later));
  if (answer.choices?.length) {
    const links = answer.choices.map((c) => el("a", { class: "btn", href: "/?" + new URLSearchParams({ document: c.id, q: answer.question.standalone }), dir: "auto" }, c.title));
    turn.append(el("p", { class: "facts choices" }, el("span", {}, t("page_choices")), ...links));
  }
  if (answer.answered) turn.append(checks(answer));
  if (answer.answered && answer.citations.length) turn.append(sources(answer.citations));
  turn.append(done(answer, rewritten));
  turn.removeAttribute("aria-busy");
}

/** The code of the sentence that says why an answer is not all it could be. @param {string | null} reason */
function degradation(reason) {
  const code = "page_degraded_" + reason;
  return known(code) ? code : "page_degraded";
}

/**
 * Says that the question failed, with a button to try again. Sentences that were checked by then stay.
 * @param {HTMLElement} turn
 * @param {string} heading
 * @param {string} reason
 */
export function fail(turn, heading, reason) {
  const said = turn.querySelector(".answer");
  turn.removeAttribute("aria-busy");
  settle(turn, [...(said ? [said] : []), el("div", { class: "refusal problem" }, el("h3", {}, heading), el("p", {}, reason),
    el("p", {}, el("button", { class: "btn", type: "button", "data-do": "again" }, t("page_retry"))))]);
}

/** Replaces all but the heading. @param {HTMLElement} turn @param {Node[]} parts */
function settle(turn, parts) {
  const heading = turn.querySelector(".q");
  turn.replaceChildren(...(heading ? [heading] : []), ...parts);
}

/**
 * Adds a checked sentence to an answer that is still being written.
 * @param {HTMLElement} turn
 * @param {import("./stream.js").Sentence & {sources: Citation[]}} sentence
 */
export function grow(turn, sentence) {
  let box = turn.querySelector(".answer");
  if (!box) {
    box = el("div", { class: "answer" });
    turn.querySelector(".skeleton")?.before(box);
  }
  const fresh = text({ answer: sentence.text, sentences: [sentence], citations: sentence.sources, mode: "", language: "" });
  box.append(...fresh.childNodes);
}

/**
 * Shows the first of several citations in a row, and a button for the others.
 * @param {Element} box
 */
export function gather(box) {
  for (const paragraph of box.querySelectorAll("p")) {
    let /** @type {HTMLElement[]} */ row = [];
    for (const node of [...paragraph.childNodes, null]) {
      if (node instanceof HTMLElement && node.matches("a.chip")) row.push(node);
      else if (!node || (node.textContent ?? "").trim()) row = fold(row);
    }
  }
}

/** @param {HTMLElement[]} row @returns {HTMLElement[]} the row that begins after it */
function fold([, ...others]) {
  if (!others.length) return [];
  for (const o of others) o.hidden = true;
  others[others.length - 1].after(el("button", { class: "more", type: "button", "data-do": "more", "aria-label": count("page_more_sources", others.length) }, "+" + others.length));
  return [];
}

/** Shows the citations behind a button, and gives the first of them the focus. @param {HTMLElement} button */
export function unfold(button) {
  const hidden = [];
  for (let o = button.previousElementSibling; o instanceof HTMLElement && o.matches("a.chip[hidden]"); o = o.previousElementSibling) hidden.unshift(o);
  for (const o of hidden) o.hidden = false;
  hidden[0]?.focus();
  button.remove();
}

/**
 * Makes an answer that was written sentence by sentence the whole one: paragraphs that are the same stay, so that
 * nothing moves under the reader and the focus is kept.
 * @param {Element} said
 * @param {HTMLElement} whole
 */
function complete(said, whole) {
  if (whole.lang) said.setAttribute("lang", whole.lang);
  const fresh = [...whole.children];
  fresh.forEach((paragraph, i) => {
    const old = said.children[i];
    if (!old) said.append(paragraph);
    else if (old.textContent !== paragraph.textContent) replace(old, paragraph);
  });
  while (said.children.length > fresh.length) said.lastElementChild?.remove();
}

/** Puts an element in the place of another; a citation that had the focus gives it to its successor. @param {Element} old @param {Element} fresh */
function replace(old, fresh) {
  const focused = document.activeElement;
  const n = focused instanceof HTMLElement && old.contains(focused) ? focused.dataset.n : undefined;
  old.replaceWith(fresh);
  const successor = n && fresh.querySelector(`a[data-n="${n}"]`);
  if (successor instanceof HTMLElement) successor.focus({ preventScroll: true });
}

/** How many sentences are proved, of how many. @param {Answer} answer */
export function verified(answer) {
  const proved = answer.sentences.filter((s) => s.verdict === "supported").length;
  return { proved, all: answer.sentences.length, words: t(proved <= 1 ? "page_verified_one" : "page_verified_many", number(proved), number(answer.sentences.length)) };
}

/**
 * Where chips and verdicts stand in the text, in order. A mark inside a quote is the document's own.
 * @param {Drawn} answer
 */
export function places(answer) {
  const text = answer.answer;
  const numbers = new Set(answer.citations.map((c) => c.number));
  const quoted = answer.citations.map((c) => ({ start: text.indexOf(c.quote), length: c.quote.length })).filter((q) => q.start >= 0);
  const found = [];
  for (const m of text.matchAll(/\[([1-9]\d{0,3})\]/g)) {
    if (numbers.has(Number(m[1])) && !quoted.some((q) => q.start <= m.index && m.index < q.start + q.length)) {
      found.push({ start: m.index, end: m.index + m[0].length, number: Number(m[1]), warning: "" });
    }
  }
  const marks = [...found];
  let from = 0;
  for (const s of answer.sentences) {
    const start = text.indexOf(s.text, from);
    if (start < 0) continue;
    from = start + s.text.length;
    for (const n of s.citations) {
      if (numbers.has(n) && !marks.some((p) => p.number === n && start <= p.start && p.start < from)) found.push({ start: from, end: from, number: n, warning: "" });
    }
    const quote = answer.mode === "extractive" && s.citations.length === 1 ? answer.citations.find((c) => c.number === s.citations[0])?.quote : "";
    if (quote) found.push({ start, end: start + attribution(s.text, quote), number: 0, warning: "" });
    found.push({ start: from, end: from, number: 0, warning: "page_doubt_" + s.verdict });
  }
  return found.sort((a, b) => a.start - b.start);
}

/**
 * The length of what stands before the opening mark of a quote, which its chip says too; 0 without such a mark.
 * @param {string} sentence
 * @param {string} quote
 */
function attribution(sentence, quote) {
  const before = sentence.slice(0, Math.max(0, sentence.indexOf(quote))).trimEnd();
  return /[«“]$/.test(before) ? before.length - 1 : 0;
}

/** The paragraphs of the answer with its chips. @param {Drawn} answer */
function text(answer) {
  const box = el("div", { class: "answer", lang: answer.language || null });
  const byNumber = new Map(answer.citations.map((c) => [c.number, c]));
  let paragraph = el("p", { dir: "auto" });
  /** @type {Citation|undefined} */
  let before;
  /** @param {string} words */
  const write = (words) => {
    words = punctuate(paragraph, words);
    words.split(/\n+/).forEach((line, i) => {
      if (i > 0 && paragraph.hasChildNodes()) {
        box.append(paragraph);
        paragraph = el("p", { dir: "auto" });
      }
      if (line) paragraph.append(line);
      if (line.trim() || i > 0) before = undefined;
    });
  };
  let at = 0;
  for (const place of places(answer)) {
    write(answer.answer.slice(at, Math.max(at, place.start)));
    at = Math.max(at, place.end);
    const citation = byNumber.get(place.number);
    if (citation) {
      const previous = paragraph.lastChild;
      if (place.start === place.end && previous && !(previous.textContent ?? "").endsWith(" ")) paragraph.append(" ");
      paragraph.append(chip(citation, before?.document.id === citation.document.id));
      before = citation;
    } else if (place.warning) {
      const sure = place.warning === "page_doubt_supported";
      if (!sure) paragraph.append(" ");
      paragraph.append(el("span", { class: sure ? "sure" : "doubt" }, clone(sure ? "tone-good" : "tone-warn"), el("span", { class: sure ? "hidden" : null }, t(place.warning))));
    }
  }
  write(answer.answer.slice(at));
  if (paragraph.hasChildNodes()) box.append(paragraph);
  gather(box);
  return box;
}

/**
 * Puts the full stop or comma that follows chips before them: a line never begins with it. Gives the rest of the words.
 * @param {HTMLElement} paragraph
 * @param {string} words
 */
function punctuate(paragraph, words) {
  const mark = /^[.,…]+/.exec(words)?.[0] ?? "";
  let node = paragraph.lastChild;
  if (!mark || !(node instanceof HTMLAnchorElement)) return words;
  while (node && (node instanceof HTMLAnchorElement || !(node.textContent ?? "").trim())) node = node.previousSibling;
  if (!(node instanceof Text)) return words;
  node.data = node.data.trimEnd() + mark + " ";
  return words.slice(mark.length);
}

/** "p. 12", the cells of a sheet, or the nearest heading where there are no pages. @param {Citation} c */
function placeOf(c) {
  if (c.page_unit === "sheet" && (c.place || c.page_label)) return c.place || t("place_sheet", c.page_label ?? "");
  if (c.page_unit === "slide" && c.page) return t("place_slide", c.page);
  if (c.page) return t("page_short", c.page);
  if (c.place) return c.place;
  const heading = c.section.at(-1) ?? "";
  return sameWords(heading, c.document.title) ? "" : heading;
}

/** Compares without regard to the kind of spaces. @param {string} a @param {string} b */
const sameWords = (a, b) => a.split(/\s+/).join(" ") === b.split(/\s+/).join(" ");

/** The address of the marked page. @param {Citation} c */
const addressOf = (c) => local(c.url) + "#mark";

/** @param {Citation} c @param {boolean} same */
function chip(c, same) {
  const place = placeOf(c);
  const title = el("span", { class: same && place ? "chip-title hidden" : "chip-title", dir: "auto" }, c.document.title + (place ? ", " : ""));
  return el("a", { class: "chip", href: addressOf(c), "data-n": c.number, title: c.quote }, title, place ? el("span", { class: "chip-place" }, place) : null);
}

/** @param {Answer} answer */
function checks(answer) {
  const box = el("div", { class: "checks" });
  const { proved, all, words } = verified(answer);
  if (all) box.append(el("span", { class: proved === all ? "badge" : "badge warn" }, clone(proved === all ? "tone-good" : "tone-warn"), words));
  for (const what of ["copy", "markdown", "print", "again"]) box.append(el("button", { class: "btn quiet", type: "button", "data-do": what }, t("page_" + what)));
  return box;
}

/** @param {Citation[]} citations */
function sources(citations) {
  const list = el("ol");
  for (const c of citations) {
    const place = placeOf(c);
    list.append(el("li", { value: c.number },
      el("a", { href: addressOf(c), "data-n": c.number }, el("span", { dir: "auto" }, c.document.title), place ? ", " + place : null), " ",
      c.table_header ? el("span", { class: "columns", dir: "auto" }, t("page_columns", c.table_header), " ") : null,
      el("q", { dir: "auto" }, c.quote),
      c.recognised ? el("small", { class: "doubt" }, " ", clone("tone-warn"), t("page_recognised_short", Math.round(100 * c.recognised))) : null));
  }
  return el("details", { class: "sources" }, el("summary", {}, count("page_sources", citations.length)), list);
}

/** @param {Answer} answer */
function refusal(answer) {
  const reason = answer.refusal?.reason ?? "not_in_documents";
  const code = known("page_refused_" + reason) ? "page_refused_" + reason : "page_refused_not_in_documents";
  const heading = t(`${answer.language}:${code}`) || t(code);
  const gentle = reason === "needs_precision";
  const box = el("div", { class: gentle ? "refusal gentle" : "refusal", lang: answer.language || null }, gentle ? null : el("h3", {}, heading));
  const rest = answer.answer.startsWith(heading) ? answer.answer.slice(heading.length).trim() : answer.answer;
  if (rest) box.append(el("p", {}, rest));
  if (reason === "no_documents") box.append(el("p", {}, el("a", { class: "btn primary", href: "/library#add" }, t("page_add_documents"))));
  const nearest = answer.refusal?.nearest ?? [];
  if (nearest.length) {
    const list = el("ul", { class: "near", "aria-label": t("page_nearest") });
    for (const c of nearest) {
      const place = placeOf(c);
      list.append(el("li", {}, el("a", { href: addressOf(c), "data-n": c.number },
        el("q", { dir: "auto" }, c.quote), el("small", {}, el("span", { dir: "auto" }, c.document.title), place ? ", " + place : null))));
    }
    box.append(list);
  }
  const unreadable = answer.refusal?.unreadable ?? [];
  if (unreadable.length) {
    box.append(el("p", {}, t("page_perhaps_unreadable")), el("ul", { class: "near" }, ...unreadable.map((d) =>
      el("li", { class: "unreadable" }, el("a", { href: `/library/${encodeURIComponent(d.id)}?version=${encodeURIComponent(d.version)}` },
        el("span", { dir: "auto" }, d.title), el("small", {}, d.pages.length ? count("page_unread", d.pages.length) : t("page_state_failed")))))));
  }
  return box;
}

/** @param {Answer} answer @param {string} rewritten */
function done(answer, rewritten) {
  const list = el("ol", {}, el("li", {}, rewritten ? t("page_done_rewritten", rewritten) : t("page_done_as_is")),
    el("li", {}, count("page_done_documents", answer.documents)), el("li", {}, count("page_done_passages", answer.passages)));
  if (answer.answered && answer.sentences.length) list.append(el("li", {}, count("page_done_checked", answer.sentences.length)));
  const seconds = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(Math.max(answer.timings_ms.total / 1000, 0.1));
  return el("details", { class: "done" }, el("summary", {}, `${t("page_done")} (${seconds}\u00a0s)`), list);
}

/**
 * The turn as plain text: question, answer with numbers, then the sources with quotes and addresses.
 * @param {HTMLElement} turn
 */
export function plain(turn) {
  const lines = [turn.dataset.question ?? "", "", turn.dataset.answer ?? "", "", t("page_sources_title")];
  for (const { n, title, quote, href } of cited(turn)) lines.push(`[${n}] ${title}. « ${quote} » ${href}`);
  return lines.join("\n");
}

/** The turn as Markdown, its sources as footnotes. @param {HTMLElement} turn */
export function markdown(turn) {
  const safe = (/** @type {string} */ s) => s.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");
  const notes = cited(turn), known = new Set(notes.map((c) => c.n));
  const answer = (turn.dataset.answer ?? "").split(/\[(\d+)\]/).map((part, i) => (i % 2 ? (known.has(part) ? `[^${part}]` : `\\[${part}\\]`) : safe(part))).join("");
  return [`## ${safe(turn.dataset.question ?? "")}`, "", answer.replace(/\n+/g, "\n\n"), "", ...notes.map(({ n, title, quote, href }) => `[^${n}]: [${safe(title)}](${href}) : « ${safe(quote)} »`)].join("\n");
}

/** The sources of a turn. @param {HTMLElement} turn */
function cited(turn) {
  return [...turn.querySelectorAll(".sources li")].map((item) => {
    const link = item.querySelector("a");
    return { n: item.getAttribute("value") ?? "", title: link?.textContent ?? "", quote: (item.querySelector("q")?.textContent ?? "").replace(/\s+/g, " "), href: link?.href.replace(/#.*$/, "") ?? "" };
  });
}
