/**
 * The work at a staffed desk, without a page: a code becomes a presentation, the presentation carries actions, an action
 * ends in a result. Each function resolves with what the page shows next, and never throws for anything the platform or the network does.
 *
 * @typedef {{kind: "presented", presentation: object}} Presented
 * @typedef {{kind: "result", screen: import("./screens.js").Screen, settled: boolean, alive: boolean, retry?: () => Promise<Next>}} Result
 *   `settled`: done, as opposed to refused or uncertain; `alive`: the presentation is still there
 * @typedef {{kind: "field", problem: object}} FieldFault the form has to be corrected
 * @typedef {{kind: "consent", request: string, problem: object}} Consent the holder has been asked
 * @typedef {Presented|Result|FieldFault|Consent} Next
 */
import { newRequest } from "./api.js";
import { Unreachable } from "./gate.js";
import { MOST_TEXT } from "./number.js";
import { ofOutcome, ofProblem, ofSilence, ofVerdict } from "./screens.js";

/** How often a pending thing is asked for, and for how long a clerk waits before it is left to the log. */
const ASK_EVERY_MS = 1000;
const FOLLOW_MS = 60_000;
const AGAIN_AFTER_MS = [300, 1200];

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends until something comes back, a few times: the key makes each one the same request. */
async function insist(send, pauses = AGAIN_AFTER_MS) {
  for (let turn = 0; ; turn += 1) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Unreachable) || turn >= pauses.length) throw error;
      await wait(pauses[turn]);
    }
  }
}

/** Problems after which the presentation is gone, and the code has to be shown again. */
const isOver = (problem) => /^presentation\./.test(problem.code ?? "") || [404, 410].includes(problem.status);

export class Counter {
  /** @param {{api: import("./api.js").Api, point: () => string, operator: () => string, scenario: () => string, verify: (text: string) => object|null}} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /**
   * Opens a presentation for what was scanned.
   * @param {string} scanned
   * @param {{id: string, input: object}} [action] to be done at once
   * @returns {Promise<Next>}
   */
  async present(scanned, action) {
    const { api, point, operator, scenario } = this.parts;
    const text = scanned.slice(0, MOST_TEXT);
    const request_id = newRequest();
    const body = { text, request_id, point: point(), operator: operator(), purpose: scenario(), ...(action && { action }) };
    try {
      const answer = await insist(() => api.post("/v1/presentations", body, { key: request_id, waitMs: 4000 }), AGAIN_AFTER_MS.slice(0, 1));
      if (!answer.ok) return this.#refused(answer.problem, false);
      const { presentation, outcome, refusal } = answer.body;
      if (refusal) return this.#refused(refusal, Boolean(presentation), presentation);
      if (outcome) return this.#came(presentation, outcome, answer.status);
      return { kind: "presented", presentation };
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      const verdict = action || error.problem ? null : this.parts.verify(text);
      return { kind: "result", screen: verdict ? ofVerdict(verdict) : ofSilence(error, Boolean(action)), settled: false, alive: false };
    }
  }

  /** Does an action after a presentation. @returns {Promise<Next>} */
  act(presentation, action, input, key = newRequest()) {
    const path = `/v1/presentations/${presentation.id}/actions`;
    return this.#do(presentation, path, { action, input, operator: this.parts.operator() }, key);
  }

  /** Does what needs nobody's code. @returns {Promise<Next>} */
  actAtPoint(action, input, key = newRequest()) {
    const { point, operator, scenario } = this.parts;
    const path = `/v1/points/${point()}/actions`;
    return this.#do(null, path, { scenario: scenario(), action, input, operator: operator() }, key);
  }

  async #do(presentation, path, body, key) {
    try {
      const answer = await insist(() => this.parts.api.post(path, body, { key }));
      if (!answer.ok) return this.#refused(answer.problem, presentation !== null, presentation);
      const outcome = answer.body.outcome ?? answer.body;
      if (!presentation && (answer.status === 202 || outcome.pending)) return await this.#askAgain(path, body, key, outcome);
      return await this.#came(presentation, outcome, answer.status);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { kind: "result", screen: ofSilence(error, true), settled: false, alive: presentation !== null, retry: () => this.#do(presentation, path, body, key) };
    }
  }

  #refused(problem, alive, presentation = null) {
    if (problem.code === "consent.needed" && presentation) return { kind: "consent", request: problem.request, problem, presentation };
    if (/^input\./.test(problem.code ?? "")) return { kind: "field", problem };
    return { kind: "result", screen: ofProblem(problem), settled: false, alive: alive && !isOver(problem) };
  }

  #came(presentation, outcome, status) {
    const done = (final) => ({ kind: "result", screen: ofOutcome(final), settled: final.shade !== "red" && !final.pending, alive: presentation !== null, presentation });
    if (status !== 202 && !outcome.pending) return done(outcome);
    return this.follow(presentation, outcome, done);
  }

  /** A thing that was begun and not ended: the platform ends it, and says so under the presentation. */
  async follow(presentation, first, done) {
    const until = performance.now() + FOLLOW_MS;
    let latest = first;
    while (performance.now() < until) {
      await wait(ASK_EVERY_MS);
      const state = await this.state(presentation);
      if (state?.gone) break;
      if (state?.last?.refusal) return this.#refused(state.last.refusal, true, presentation);
      latest = state?.last?.outcome ?? latest;
      if (!latest.pending) return done(latest);
    }
    return done(latest);
  }

  /** The same for what has no presentation: the same request under the same key says how it stands. */
  async #askAgain(path, body, key, first) {
    const until = performance.now() + FOLLOW_MS;
    let latest = first;
    while (performance.now() < until) {
      await wait(ASK_EVERY_MS);
      const answer = await this.parts.api.post(path, body, { key }).catch(() => null);
      if (!answer) continue;
      if (!answer.ok) return this.#refused(answer.problem, false);
      latest = answer.body.outcome ?? answer.body;
      if (answer.status !== 202 && !latest.pending) break;
    }
    return { kind: "result", screen: ofOutcome(latest), settled: latest.shade !== "red" && !latest.pending, alive: false };
  }

  /** How a presentation stands; null when nothing came back, `{gone}` when it is over. */
  async state(presentation) {
    try {
      const answer = await this.parts.api.get(`/v1/presentations/${presentation.id}`, { waitMs: 4000 });
      return answer.ok ? answer.body : { gone: true, problem: answer.problem };
    } catch {
      return null;
    }
  }

  /**
   * Waits for the holder. The platform runs the action itself as soon as they agree.
   * @param {object} presentation
   * @param {{onTime?: (expiresMs: number) => void, stopped: () => boolean, nowMs: () => number}} hands
   * @returns {Promise<Next|null>} null when stopped
   */
  async awaitHolder(presentation, { onTime = () => undefined, stopped, nowMs }) {
    let heard = () => undefined;
    const news = this.parts.follow?.(() => heard());
    try {
      const told = () => Promise.race([wait(ASK_EVERY_MS), new Promise((resolve) => { heard = resolve; })]);
      return await this.#untilAnswered(presentation, { onTime, stopped, nowMs, told });
    } finally {
      news?.stop();
    }
  }

  /** Looks how the question stands whenever news came, and every second in case none does. */
  async #untilAnswered(presentation, { onTime, stopped, nowMs, told }) {
    let expiresMs = Infinity;
    while (!stopped()) {
      await told();
      const state = stopped() ? null : await this.state(presentation);
      if (stopped()) return null;
      if (state?.gone) return this.#refused(state.problem, false);
      if (state?.waiting) {
        expiresMs = state.waiting.expires_ms ?? expiresMs;
        onTime(expiresMs);
      } else if (state?.last?.refusal) {
        return this.#refused(state.last.refusal, true, presentation);
      } else if (state?.last?.outcome) {
        return this.#came(presentation, state.last.outcome, 200);
      }
      if (!state?.waiting && nowMs() > expiresMs + 3000) break;
    }
    return stopped() ? null : { kind: "result", alive: true, settled: false, screen: { look: "amber", word: { key: "word_no_answer" }, message: { key: "consent_lapsed" }, next: { key: "consent_lapsed_next" }, human: { key: "human_desk" } } };
  }

  /** The counter is done with this person. Nobody waits for the answer. */
  close(presentation) {
    this.parts.api.post(`/v1/presentations/${presentation.id}/close`, {}).catch(() => undefined);
  }
}
