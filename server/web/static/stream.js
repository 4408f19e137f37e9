// @ts-check
// Asks the service and reads its answer: a stream of events where it can stream, else one object.

import { language, t } from "./dom.js";

/**
 * @typedef {{role: "user"|"assistant", content: string}} Message
 * @typedef {{id: string, title: string, source: string, version: string}} CitedDocument
 * @typedef {{number: number, document: CitedDocument, page: number|null, page_label: string|null, page_unit: string, place: string|null, section: string[], quote: string, table_header: string|null, recognised: number|null, url: string}} Citation
 * @typedef {{text: string, citations: number[], verdict: "supported"|"partly"|"unsupported"}} Sentence
 * @typedef {{id: string, answered: boolean, answer: string, mode: string, degraded: boolean, degraded_reason: string | null, partial: boolean, dropped_sentences: number, language: string, sentences: Sentence[], citations: Citation[],
 *   refusal: {reason: string, nearest: Citation[], unreadable: {id: string, title: string, version: string, pages: number[]}[]}|null, question: {asked: string, standalone: string}, choices?: {id: string, title: string}[], documents: number, passages: number, timings_ms: {total: number}, conversation?: string|null, turn?: number|null}} Answer
 * @typedef {{onStep?: (code: string, count: number) => void, onSentence?: (sentence: Sentence & {sources: Citation[]}, id: string) => void}} Listener
 */

/** What went wrong, in words for the reader; its cause is the status of the answer, where there was one. */
export class Failure extends Error {}

/** A connection that was lost: what was missed can be asked for again. */
class Cut extends Failure {}

/** How often a lost answer is taken up again, and how long after, in ms: the server waits for little more than half a second. */
const attempts = 4, pause = 150;

/**
 * @param {{question: string, collection?: string, scope?: object, history?: Message[], conversation?: string}} request
 * @param {Listener} listener
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function ask(request, listener, signal) {
  let last = "";
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(request, listener, signal, last, (id) => (last = id));
    } catch (cause) {
      if (signal.aborted || !(cause instanceof Cut) || !last || attempt === attempts) throw cause;
      await new Promise((resolve) => setTimeout(resolve, pause * attempt));
    }
  }
}

/**
 * Asks, or goes on after the event last received. A server that no longer knows it answers anew: what was shown
 * already is then left as it is until the answer is done.
 * @param {object} request @param {Listener} listener @param {AbortSignal} signal
 * @param {string} last @param {(id: string) => void} received
 * @returns {Promise<Answer>}
 */
async function once(request, listener, signal, last, received) {
  let response;
  try {
    response = await fetch("/ask", {
      method: "POST",
      signal,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream, application/json;q=0.9", "Accept-Language": language, ...(last ? { "Last-Event-ID": last } : {}) },
      body: JSON.stringify(request),
    });
  } catch (cause) {
    throw signal.aborted ? cause : new Cut(t("page_offline"));
  }
  if (!response.ok) throw new Failure(await detail(response), { cause: response.status });
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream") || !response.body) return response.json();
  const stream = last.split(".")[0];
  return follow(response.body, stream ? { ...listener, onSentence: (x, id) => id.startsWith(stream + ".") && listener.onSentence?.(x, id) } : listener, signal, received);
}

/**
 * The sentence of a problem, or a general one when the body is not ours.
 * @param {Response} response
 */
export async function detail(response) {
  try {
    const problem = await response.json();
    if (typeof problem.detail === "string" && problem.detail) return problem.detail;
  } catch {
    // not a problem of ours: a proxy answered
  }
  return t("page_offline");
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {Listener} listener
 * @param {AbortSignal} signal
 * @param {(id: string) => void} received
 * @returns {Promise<Answer>}
 */
async function follow(body, listener, signal, received) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let buffer = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      buffer += value;
      const events = buffer.split(/\r?\n\r?\n/);
      buffer = events.pop() ?? "";
      for (const text of events) {
        const { name, data, id } = parse(text);
        if (name === "done") return JSON.parse(data);
        if (name === "error") throw new Failure(JSON.parse(data).detail ?? t("page_offline"));
        if (name === "step") {
          const step = JSON.parse(data);
          listener.onStep?.(String(step.code ?? step.step ?? ""), Number(step.count ?? 0));
        }
        if (name === "sentence") listener.onSentence?.(JSON.parse(data), id);
        if (id) received(id);
      }
    }
  } catch (cause) {
    if (signal.aborted || cause instanceof Failure) throw cause;
    throw new Cut(t("page_interrupted"));
  }
  throw new Cut(t("page_interrupted"));
}

/**
 * One event of a stream: its name, its identifier and its data lines joined. Comments are left out.
 * @param {string} text
 */
function parse(text) {
  let name = "message", id = "";
  const data = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("id:")) id = line.slice(3).trim();
    else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  return { name, id, data: data.join("\n") };
}
