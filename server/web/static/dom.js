// @ts-check
// Small words for building the page. Text always goes through text nodes; nothing here parses HTML
// from data, except `adopt`, which takes a part of a page of this very server.

/** @type {Record<string, string>} */
const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

/** The language of the interface. */
export const language = document.documentElement.lang || "fr";

/**
 * The sentence of a code, its %s and %d replaced in order.
 * @param {string} code
 * @param {...(string|number)} args
 */
export function t(code, ...args) {
  let i = 0;
  return (texts[code] ?? "").replace(/%[sd%]/g, (verb) => (verb === "%%" ? "%" : String(args[i++] ?? "")));
}

/** Whether a code has a sentence. @param {string} code */
export const known = (code) => code in texts;

/** @param {number} n */
export const number = (n) => new Intl.NumberFormat(language).format(n);

/**
 * The sentence of a number of things: code_one or code_many, as French and English count.
 * @param {string} code
 * @param {number} n
 */
export function count(code, n) {
  return t(code + (n === 1 || (n === 0 && language !== "en") ? "_one" : "_many"), number(n));
}

/**
 * Makes an element. Attributes that are null or false are left out; children that are null too.
 * @param {string} name
 * @param {Record<string, string|number|boolean|null|undefined>} [attributes]
 * @param {...(Node|string|null|undefined)} children
 * @returns {HTMLElement}
 */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/**
 * A copy of a <template> of the page.
 * @param {string} id
 */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {DocumentFragment} */ (template.content.cloneNode(true));
}

/**
 * The element of an id, which the page is known to have.
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
export const byId = (id) => /** @type {T} */ (document.getElementById(id));

/**
 * Says something to screen readers, politely.
 * @param {string} message
 */
export function announce(message) {
  const status = document.getElementById("status");
  if (status) status.textContent = message;
}

/** An address of this server, or "" for any other: data never sends the reader elsewhere. @param {string} address */
export function local(address) {
  try {
    const url = new URL(address, location.origin);
    return url.origin === location.origin && url.protocol.startsWith("http") ? url.pathname + url.search : "";
  } catch {
    return "";
  }
}

/**
 * Fetches a page of this server and adopts one element of it.
 * @param {string} address
 * @param {string} selector
 * @param {AbortSignal} [signal]
 * @returns {Promise<HTMLElement>}
 */
export async function adopt(address, selector, signal) {
  const response = await fetch(address, { signal, credentials: "same-origin", headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.querySelector(selector);
  if (!found) throw new Error("nothing to show");
  return /** @type {HTMLElement} */ (document.adoptNode(found));
}
