/**
 * The platform as this point sees it. Every request is signed; every change carries a key that makes a retry harmless.
 * Answers are one of three: `{ok: true, status, body}`, `{ok: false, problem}` when the platform refused, and a thrown
 * `Unreachable` when nothing that can be believed came back.
 */
import { Unreachable } from "./gate.js";
import { signedHeaders } from "./sign.js";

/** Longer than any lookup, shorter than a clerk's patience. */
const WAIT_MS = 8000;

/**
 * A clock that follows the platform's: the browser's own, moved by what the last answer taught.
 * A clock long not set is doubted (24 hours, as the verifier does).
 */
export class Clock {
  /** @param {{offset_ms: number, set_ms: number, error_ms?: number}} [known] as kept */
  constructor(known = { offset_ms: 0, set_ms: 0 }, read = Date.now) {
    this.known = known;
    this.read = read;
  }

  now() {
    return this.read() + this.known.offset_ms;
  }

  /** @param {number} platformMs @param {number} [tookMs] how long the question and the answer travelled */
  learn(platformMs, tookMs = 0) {
    const own = this.read();
    this.known = { offset_ms: Math.round(platformMs + tookMs / 2 - own), set_ms: own, error_ms: Math.ceil(tookMs / 2) };
  }

  /** Whether it was set within a day, and has not been turned back since. */
  trusted() {
    const age = this.read() - this.known.set_ms;
    return this.known.set_ms > 0 && age >= -5000 && age < 24 * 3600 * 1000;
  }
}

/** @returns {string} 32 hex digits */
export function newRequest() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Api {
  /**
   * @param {{clock: Clock, language: () => string, fetch?: typeof fetch, origin?: string, onReach?: (reached: boolean) => void}} parts
   */
  constructor({ clock, language, fetch = globalThis.fetch.bind(globalThis), origin = globalThis.location?.origin, onReach = () => undefined }) {
    Object.assign(this, { clock, language, fetch, origin, onReach, signer: null });
  }

  get(path, options) {
    return this.call("GET", path, undefined, options);
  }

  /** @param {{key?: string, waitMs?: number}} [options] `key`: the Idempotency-Key, kept over retries */
  post(path, body, options = {}) {
    return this.call("POST", path, body, { key: newRequest(), ...options });
  }

  async call(method, path, value, { key, waitMs = WAIT_MS } = {}) {
    const body = value === undefined ? "" : JSON.stringify(value);
    let response = await this.#send(method, path, body, key, waitMs);
    if (response.problem?.code === "point.clock" && Number.isFinite(response.problem.now_ms)) {
      this.clock.learn(response.problem.now_ms);
      response = await this.#send(method, path, body, key, waitMs);
    }
    return response;
  }

  async #send(method, path, body, key, waitMs) {
    const headers = { "Accept-Language": this.language() === "en" ? "en" : "zh-CN", Accept: "application/json" };
    if (body !== "") headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    if (this.signer) Object.assign(headers, await signedHeaders({ method, url: path, body }, this.signer, this.clock.now()));
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), waitMs);
    try {
      const response = await this.fetch(new URL(path, this.origin), { method, headers, body: body || undefined, signal: stop.signal, cache: "no-store", credentials: "omit" });
      const answer = await this.#read(response);
      this.onReach(true);
      return answer;
    } catch (error) {
      this.onReach(false);
      throw error instanceof Unreachable ? error : new Unreachable(error.message);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The open answer of a path as a stream of text: news as it happens. */
  async stream(path, signal) {
    const headers = { Accept: "text/event-stream" };
    if (this.signer) Object.assign(headers, await signedHeaders({ method: "GET", url: path, body: "" }, this.signer, this.clock.now()));
    const response = await this.fetch(new URL(path, this.origin), { headers, signal, cache: "no-store", credentials: "omit" });
    if (!response.ok || !response.body) throw new Unreachable(`status ${response.status}`);
    return response.body.pipeThrough(new TextDecoderStream());
  }

  async #read(response) {
    const type = response.headers.get("content-type") ?? "";
    if (response.ok && type.includes("json")) return { ok: true, status: response.status, body: await response.json() };
    if (response.ok && response.status === 204) return { ok: true, status: 204, body: null };
    if (type.includes("problem+json")) {
      const problem = await response.json();
      // Overload and a dead upstream speak about themselves, not about this request.
      if (response.status >= 500) throw Object.assign(new Unreachable(problem.code ?? "unavailable"), { problem });
      return { ok: false, problem };
    }
    throw new Unreachable(`status ${response.status}`);
  }

  /** Asks the time, unsigned: the heartbeat, and how a clock is set. */
  async time() {
    const begun = performance.now();
    const { body } = await this.call("GET", "/v1/time", undefined, { waitMs: 3000 });
    this.clock.learn(body.now_ms, performance.now() - begun);
    return body.now_ms;
  }
}
