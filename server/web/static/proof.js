// @ts-check
// The proof panel: the page of a citation beside the answer, its exact words marked; and a preview of the quote.

import { adopt, announce, byId, el, number, t } from "./dom.js";

const panel = byId("proof");
const body = byId("proof-body");
const app = /** @type {HTMLElement} */ (document.querySelector(".app"));

/** The citations that the panel steps through, and which one is open. */
let /** @type {HTMLAnchorElement[]} */ links = [], at = 0;
let /** @type {HTMLAnchorElement|undefined} */ opener;
let /** @type {AbortController|undefined} */ loading;
/** How pages are shown, "text" or "picture", until the reader chooses otherwise. */
let view = "text", following = false;

/** Makes every citation of the conversation open in the panel, from the first call on. @param {HTMLElement} conversation */
export function follow(conversation) {
  if (following) return;
  following = true;
  preview(conversation);
  conversation.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement} */ (event.target).closest("a[data-n]");
    if (!(link instanceof HTMLAnchorElement) || elsewhere(event)) return;
    event.preventDefault();
    open(link);
  });
  panel.addEventListener("click", act);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !panel.hidden) close();
  });
}

/** Goes to the next or previous citation; without an open one, opens the first of the newest answer. @param {number} by */
export function step(by) {
  if (!panel.hidden) return move(by);
  const first = [...document.querySelectorAll(".turn:has(a[data-n])")].at(-1)?.querySelector("a[data-n]");
  if (first instanceof HTMLAnchorElement) open(first);
}

/** @param {HTMLAnchorElement} link */
function open(link) {
  links = siblings(link);
  at = Math.max(0, links.findIndex((l) => l.href === link.href));
  opener = link;
  show();
  panel.focus({ preventScroll: true });
}

/** The reader wants another tab or window. @param {MouseEvent} event */
const elsewhere = (event) => event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

/** The different citations of the same turn, in reading order. @param {HTMLAnchorElement} link */
function siblings(link) {
  const turn = link.closest(".turn");
  const all = /** @type {HTMLAnchorElement[]} */ ([...(turn?.querySelectorAll("a[data-n]") ?? [link])]);
  return all.filter((l, i) => all.findIndex((o) => o.href === l.href) === i);
}

/** @param {MouseEvent} event */
function act(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const link = target.closest("a");
  if (link && !link.hasAttribute("data-leave") && link.origin === location.origin && !elsewhere(event)) {
    event.preventDefault();
    view = link.dataset.view ?? view;
    load(link.dataset.view ? inView(link.href) : link.href);
    return;
  }
  switch (target.closest("button")?.dataset.do) {
    case "close": return close();
    case "grow": return grow();
    case "previous": return move(-1);
    case "next": return move(1);
  }
}

/** @param {number} by */
function move(by) {
  if (!links.length) return;
  at = (at + by + links.length) % links.length;
  show();
  announce(byId("proof-count").textContent ?? "");
}

function grow() {
  const tall = panel.classList.toggle("tall");
  panel.querySelector("[data-do=grow]")?.setAttribute("aria-expanded", String(tall));
}

function show() {
  panel.hidden = false;
  app.classList.add("with-proof");
  for (const l of document.querySelectorAll("a[data-n][aria-current]")) l.removeAttribute("aria-current");
  for (const l of document.querySelectorAll("a[data-n]")) {
    if (l instanceof HTMLAnchorElement && l.href === links[at].href && l.closest(".turn") === links[at].closest(".turn")) l.setAttribute("aria-current", "true");
  }
  byId("proof-count").textContent = t("page_citation_of", number(at + 1), number(links.length));
  for (const step of panel.querySelectorAll("[data-do=previous], [data-do=next]")) step.toggleAttribute("hidden", links.length < 2);
  load(inView(links[at].href));
}

/** The address of a citation's page as the reader last chose to see pages. @param {string} href */
function inView(href) {
  const address = new URL(href);
  if (view === "picture") address.searchParams.set("view", view);
  if (view === "picture" && body.clientWidth < 420) address.searchParams.set("zoom", "150"); // a page as wide as a phone is too small to read
  return address.href;
}

/** @param {string} href */
async function load(href) {
  loading?.abort();
  const mine = (loading = new AbortController());
  const address = new URL(href, location.origin);
  address.searchParams.set("fragment", "1");
  address.hash = "";
  body.setAttribute("aria-busy", "true");
  const patience = setTimeout(() => body.replaceChildren(el("p", { class: "hint" }, t("page_proof_loading"))), 200);
  try {
    const page = await adopt(address.href, "article.evidence", mine.signal);
    const focused = document.activeElement, kept = focused instanceof HTMLElement && body.contains(focused);
    const again = kept ? page.querySelector(`[data-keep="${focused.dataset.keep ?? ""}"]`) : null;
    body.replaceChildren(page);
    if (kept) (again instanceof HTMLElement ? again : panel).focus({ preventScroll: true });
    reveal();
  } catch {
    if (!mine.signal.aborted) body.replaceChildren(el("p", {}, t("page_proof_failed"), " ", el("a", { href, "data-leave": true }, t("page_retry"))));
  } finally {
    clearTimeout(patience);
    if (mine === loading) body.removeAttribute("aria-busy");
  }
}

/** Scrolls the sheet, and only the sheet, to the mark. */
function reveal() {
  const leaf = body.querySelector(".leaf"), film = body.querySelector(".film"), mark = body.querySelector("#mark");
  if (!leaf || !mark) return;
  const top = mark.getBoundingClientRect().top - leaf.getBoundingClientRect().top + leaf.scrollTop;
  leaf.scrollTop = Math.max(0, top - leaf.clientHeight / 4);
  if (film) film.scrollLeft = Math.max(0, mark.getBoundingClientRect().left - film.getBoundingClientRect().left - film.clientWidth / 4);
}

function close() {
  loading?.abort();
  panel.hidden = true;
  panel.classList.remove("tall");
  app.classList.remove("with-proof");
  body.replaceChildren();
  for (const l of document.querySelectorAll("a[data-n][aria-current]")) l.removeAttribute("aria-current");
  if (opener?.isConnected) opener.focus();
}

// The quote of a citation, shown beside it while the pointer or the keyboard rests on it.
const bubble = el("div", { id: "preview", class: "preview", role: "tooltip", hidden: true });
let /** @type {HTMLElement|undefined} */ told;
let /** @type {ReturnType<typeof setTimeout>|undefined} */ delay;

/** @param {HTMLElement} conversation */
function preview(conversation) {
  byId("main").append(bubble);
  for (const name of ["mouseover", "focusin"]) {
    conversation.addEventListener(name, (event) => {
      const chip = /** @type {HTMLElement} */ (event.target).closest("a.chip");
      if (!(chip instanceof HTMLElement)) return;
      if (event.type === "focusin") tell(chip);
      else wait(() => tell(chip), 250);
    });
  }
  for (const name of ["mouseout", "focusout"]) {
    conversation.addEventListener(name, (event) => { // only of a citation: what moves under a pointer at rest hides nothing
      if (/** @type {HTMLElement} */ (event.target).closest("a.chip")) wait(hide, 250);
    });
  }
  bubble.addEventListener("mouseenter", () => clearTimeout(delay));
  bubble.addEventListener("mouseleave", () => wait(hide, 250));
  for (const name of ["scroll", "resize"]) addEventListener(name, place, true); // reaching a citation by the keyboard scrolls to it
  addEventListener("click", hide, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !told) return;
    event.preventDefault(); // it closes this, not the proof
    hide();
  }, true);
}

/** @param {() => void} action @param {number} ms */
function wait(action, ms) {
  clearTimeout(delay);
  delay = setTimeout(action, ms);
}

/** @param {HTMLElement} chip */
function tell(chip) {
  clearTimeout(delay);
  if (!chip.isConnected || chip === told) return;
  hide();
  if (chip.title) { // the browser's own would stand over ours
    chip.dataset.quote = chip.title;
    chip.removeAttribute("title");
  }
  bubble.replaceChildren(el("q", { dir: "auto" }, chip.dataset.quote), el("small", { dir: "auto" }, chip.textContent));
  bubble.hidden = false;
  chip.setAttribute("aria-describedby", bubble.id);
  told = chip;
  place();
}

// Puts the quote beside its citation, wherever that is now, and takes it away with it.
function place() {
  const at = told?.getClientRects()[0];
  if (!at || at.bottom < 0 || at.top > innerHeight) return hide();
  const own = bubble.getBoundingClientRect();
  const above = at.top - own.height - 8;
  bubble.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - own.width - 8))}px`;
  bubble.style.top = `${above >= 8 ? above : at.bottom + 8}px`;
}

function hide() {
  clearTimeout(delay);
  told?.removeAttribute("aria-describedby");
  told = undefined;
  bubble.hidden = true;
}
