/**
 * Taking a number, without a page: from the platform where it answers, from this kiosk's own block where it does not.
 * What was given without the platform is signed and kept before it is shown, and handed over when the platform is back.
 */
import { newRequest } from "../desk/api.js";
import { handOver, signedFact } from "../desk/facts.js";
import { Unreachable } from "../desk/gate.js";
import { looksLike } from "../desk/number.js";
import { evidenceOf, nextNumber } from "./numbers.js";

export const SCENARIO = "hall_queue";
const OPERATOR = "自助机";
const WAIT_MS = 5000;
const DAY_OFFSET_MS = 8 * 3600_000;

export class Taking {
  /** @param {{api: any, store: any, clock: any, device: () => any, onLeft: (left: number) => void}} parts */
  constructor(parts) {
    this.parts = parts;
    this.presentation = null;
  }

  /**
   * A code was read. `{kind: "number", detail}`, `{kind: "choose", offline}`, or `{kind: "trouble", problem}`.
   * @param {string} text
   */
  async scanned(text) {
    this.presentation = null;
    this.text = text;
    if (looksLike(text) === "other") return { kind: "trouble", problem: null };
    try {
      const request_id = newRequest();
      const { api, device } = this.parts;
      const body = { text, request_id, point: device().point, operator: OPERATOR, purpose: SCENARIO };
      const answer = await api.post("/v1/presentations", body, { key: request_id, waitMs: WAIT_MS });
      if (!answer.ok) return { kind: "trouble", problem: answer.problem };
      this.presentation = answer.body.presentation;
      return await this.#act({});
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { kind: "choose", offline: true };
    }
  }

  /** Somebody without a phone. */
  withoutCode() {
    this.presentation = this.text = null;
    return { kind: "choose", offline: false };
  }

  /** A matter was chosen. */
  async choose(input) {
    try {
      if (this.presentation) return await this.#act(input);
      if (!this.text) {
        const { api, device } = this.parts;
        const body = { scenario: SCENARIO, action: "take", input, operator: OPERATOR };
        return this.#came(await api.post(`/v1/points/${device().point}/actions`, body, { waitMs: WAIT_MS }));
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    return this.offline(input);
  }

  async #act(input) {
    const { api } = this.parts;
    const path = `/v1/presentations/${this.presentation.id}/actions`;
    return this.#came(await api.post(path, { action: "take", input, operator: OPERATOR }, { waitMs: WAIT_MS }));
  }

  #came(answer) {
    if (answer.ok) return { kind: "number", detail: answer.body.outcome?.detail ?? answer.body.detail };
    if (answer.problem.code === "queue.choose_matter") return { kind: "choose", offline: false };
    return { kind: "trouble", problem: answer.problem, early: answer.problem.code === "queue.early" };
  }

  /** A number of this kiosk's own block. */
  async offline({ matter, priority }) {
    const { store, clock, device, onLeft } = this.parts;
    const block = await store.get("block");
    if (!block) return { kind: "trouble", problem: null, no_block: true };
    const now = clock.now();
    const { number, kept } = nextNumber(await store.get("given"), { block, matter, day: new Date(now + DAY_OFFSET_MS).toISOString().slice(0, 10) });
    await store.set({ given: kept });
    const what = { counter: (await store.counter()) + 1, happened_at_ms: now, scenario: SCENARIO, action: "take", evidence: evidenceOf({ number, matter, priority, text: this.text }) };
    await store.keep({ fact: await signedFact({ point: device().point, signer: device() }, what), record: null });
    onLeft(await store.pendingCount());
    return { kind: "number", offline: true, detail: { number, matter_id: matter, taken_ms: now } };
  }

  /** Hands over what was given without the platform; an error leaves the rest where it is. */
  async handOver() {
    const { api, store, device, onLeft } = this.parts;
    if ((await store.pendingCount()) === 0) return;
    try {
      await handOver(store, async (events) => {
        const key = `facts-${events[0].counter}-${events.at(-1).counter}-${events[0].happened_at_ms}`;
        const answer = await api.post(`/v1/points/${device().point}/facts`, { events }, { key, waitMs: 20_000 });
        if (!answer.ok) throw Object.assign(new Unreachable(answer.problem.code), { problem: answer.problem });
        return answer.body;
      });
    } finally {
      onLeft(await store.pendingCount());
    }
  }

  /** Asks for this kiosk's block while the platform is there; it is the same for ever. */
  async fetchBlock() {
    const { api, store, device } = this.parts;
    if (await store.get("block")) return;
    const body = { scenario: SCENARIO, action: "kiosk_block", input: {}, operator: OPERATOR };
    const answer = await api.post(`/v1/points/${device().point}/actions`, body);
    const block = answer.ok && (answer.body.outcome?.detail ?? answer.body.detail)?.block;
    if (block) await store.set({ block });
  }
}
