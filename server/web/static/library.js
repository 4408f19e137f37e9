// @ts-check
// The library: sends files with a progress bar, follows each until it can be asked about, and
// removes documents. The list itself is always the server's own.

import { adopt, announce, byId, clone, count, known, language, t } from "./dom.js";

/** Milliseconds between two looks at a file being read, and how many looks before saying so. */
const pause = 700, patience = 400;

const form = /** @type {HTMLFormElement|null} */ (document.getElementById("upload"));
const main = byId("main");

/** @typedef {{document: string, version: string, state: string, verdict: string|null, failure?: string|null, code?: string, detail?: string}} Reply */

/**
 * One file of the upload, with its line on the page.
 * @param {File} file
 */
function line(file) {
  const fragment = clone("upload-line");
  const item = /** @type {HTMLElement} */ (fragment.firstElementChild);
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (item.querySelector(selector));
  part(".upload-name").textContent = file.name;
  byId("uploads").prepend(item);
  return {
    item,
    part,
    bar: /** @type {HTMLProgressElement} */ (part("progress")),
    /** @param {string} words */
    say(words) {
      part(".upload-state").textContent = words;
    },
  };
}

/**
 * Sends one file; progress needs XMLHttpRequest, which fetch still cannot replace.
 * @param {File} file
 * @param {boolean} replace
 * @param {string} source "" for the name of the file
 * @param {(share: number) => void} progress
 * @returns {Promise<{status: number, reply: Reply}>}
 */
function post(file, replace, source, progress) {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    if (replace) data.set("replace", "true");
    if (source) data.set("source", source);
    const password = /** @type {HTMLInputElement} */ (byId("password")).value;
    if (password) data.set("password", password); // before the file, as the server reads it
    data.set("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", "/documents");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", language);
    request.upload.addEventListener("progress", (event) => progress(event.lengthComputable ? event.loaded / event.total : 0));
    request.addEventListener("error", () => reject(new Error(t("page_offline"))));
    request.addEventListener("load", () => {
      try {
        resolve({ status: request.status, reply: JSON.parse(request.responseText) });
      } catch {
        reject(new Error(t("page_offline")));
      }
    });
    request.send(data);
  });
}

/** @param {File} file */
const upload = (file) => attempt(line(file), file);

/**
 * @param {ReturnType<typeof line>} entry
 * @param {File} file
 * @param {boolean} [replace] make it a new version of the document of this name
 * @param {number} [copy] beside how many documents of this name it is kept
 * @returns {Promise<void>}
 */
async function attempt(entry, file, replace = false, copy = 0) {
  entry.say(t("page_uploading"));
  entry.bar.hidden = false;
  entry.bar.value = 0;
  try {
    const { status, reply } = await post(file, replace, copy ? another(file.name, copy + 1) : "", (share) => (entry.bar.value = share * 100));
    if (status === 409 && reply.code === "source_exists") return copy && copy < 50 ? attempt(entry, file, false, copy + 1) : choose(entry, file);
    if (status >= 400) throw new Error(reply.detail || t("page_offline"));
    if (status === 200) return finish(entry, t("page_added_known"));
    entry.bar.removeAttribute("value");
    entry.say(t("page_reading"));
    await refresh();
    finish(entry, await outcome(reply.document, reply.version, entry));
    await refresh();
  } catch (cause) {
    finish(entry, cause instanceof Error ? cause.message : t("page_offline"));
    again(entry, () => attempt(entry, file, replace, copy));
  }
}

/** "rapport (2).pdf" @param {string} name @param {number} n */
const another = (name, n) => name.replace(/(\.[^.]*)?$/, (extension) => ` (${n})${extension}`);

/** @param {ReturnType<typeof line>} entry @param {string} words */
function finish(entry, words) {
  entry.bar.hidden = true;
  entry.say(words);
  announce(`${entry.part(".upload-name").textContent}. ${words}`);
}

/** Offers to try again, once. @param {ReturnType<typeof line>} entry @param {() => void} action */
function again(entry, action) {
  const box = entry.part(".upload-retry");
  box.hidden = false;
  box.querySelector("button")?.addEventListener("click", () => {
    box.hidden = true;
    action();
  }, { once: true });
}

/** A file of this name is there with other bytes: the reader decides. @param {ReturnType<typeof line>} entry @param {File} file */
function choose(entry, file) {
  finish(entry, t("page_exists"));
  const box = entry.part(".upload-choice");
  box.hidden = false;
  box.addEventListener("click", (event) => {
    const what = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset.do;
    if (!what) return;
    box.hidden = true;
    if (what === "replace") attempt(entry, file, true);
    else if (what === "both") attempt(entry, file, false, 1);
    else finish(entry, t("page_kept"));
  });
}

/**
 * Follows a version until it answers questions or cannot; gives the sentence of its verdict.
 * @param {string} id
 * @param {string} version
 * @param {ReturnType<typeof line>} entry
 */
async function outcome(id, version, entry) {
  for (let i = 0; i < patience; i++) {
    await new Promise((wake) => setTimeout(wake, pause));
    const response = await fetch("/documents/" + encodeURIComponent(id), { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(t("page_offline"));
    const found = await response.json();
    const state = [found, ...(found.versions ?? [])].find((/** @type {Reply} */ v) => v.version === version) ?? found;
    if (state.state === "queued" || state.state === "extracted") progress(entry, state);
    if (state.state === "live" || state.state === "superseded") return t(known(state.verdict) ? state.verdict : "page_ready");
    if (state.state === "failed") return t([state.verdict, state.failure].find((code) => code && known(code)) ?? "page_state_failed");
  }
  return t("page_still_reading");
}

/** Says how far the reading of a file is. @param {ReturnType<typeof line>} entry @param {Reply & {pages?: number, embedded?: number}} state */
function progress(entry, state) {
  entry.say(t("page_state_" + state.state) + (state.pages ? ` (${count("page_pages", state.pages)})` : ""));
  if (state.state === "extracted") entry.bar.value = 100 * (state.embedded ?? 0);
}

/** Shows the list as the server has it now, unless the reader is in the middle of it. */
async function refresh() {
  const old = byId("documents");
  if (old.querySelector("details[open]") || old.contains(document.activeElement)) return;
  old.replaceWith(await adopt(location.pathname + location.search, "#documents"));
}

/** While the server still reads something, the list follows by itself. */
async function watch() {
  for (;;) {
    await new Promise((wake) => setTimeout(wake, 2 * pause));
    if (document.querySelector("#documents[data-pending]") && !document.hidden) await refresh().catch(() => {});
  }
}

/** @param {FileList|File[]} files */
async function add(files) {
  for (const file of files) await upload(file);
}

/** @param {SubmitEvent} event */
async function remove(event) {
  const item = /** @type {HTMLElement} */ (event.target).closest(".document");
  if (!(item instanceof HTMLElement)) return;
  event.preventDefault();
  announce(t("page_removing"));
  const button = item.querySelector(".remove button");
  button?.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch("/documents/" + encodeURIComponent(item.dataset.id ?? ""), { method: "DELETE", headers: { Accept: "application/json", "Accept-Language": language } });
    if (!response.ok && response.status !== 404) throw new Error((await response.json()).detail);
    item.remove();
    announce(t("page_removed"));
    await refresh();
    main.focus({ preventScroll: true });
  } catch (cause) {
    button?.removeAttribute("aria-disabled");
    const words = (cause instanceof Error && cause.message) || t("page_offline");
    announce(words);
    item.querySelector(".remove form p")?.replaceChildren(words);
  }
}

document.body.classList.add("scripted");
if (form) {
  const picker = /** @type {HTMLInputElement} */ (byId("file"));
  const drop = /** @type {HTMLElement} */ (form.querySelector(".drop"));
  picker.multiple = true;
  picker.addEventListener("change", () => {
    const files = [...(picker.files ?? [])];
    picker.value = "";
    add(files);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => (event.preventDefault(), drop.classList.add("over")));
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...(event.dataTransfer?.files ?? [])]);
  });
}
main.addEventListener("submit", (event) => {
  if (/** @type {HTMLElement} */ (event.target).closest(".remove")) remove(event);
});
watch();
