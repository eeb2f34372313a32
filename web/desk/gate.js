/**
 * A gate's decision, one read at a time: by the platform when it answers in time, else by the edge rules from the signed
 * list. Nothing opens before it is kept. Pure but for what is passed in, so that every order of failures can be tested.
 *
 * @typedef {object} Read
 * @property {string} [text] what was scanned
 * @property {string} [number] a booking number typed by staff, instead of a text
 * @property {number} people how many go through; 0 for all who still may, which the rules below make a number of
 * @property {"in"|"out"} direction
 * @property {string} request 32 hex digits, fresh for each physical read; a retry keeps it
 * @property {object|null} [asked] the input that the platform was asked with and did not answer in time
 *
 * @typedef {object} EdgeAnswer what the edge rules say (`lib/edge`)
 * @property {"green"|"amber"|"red"} shade
 * @property {string} reason one of a closed set, such as `admitted`, `step_used`, `unknown_booking`
 * @property {boolean} opens whether the gate opens by itself; an amber that does not waits for staff
 * @property {boolean} again the answer to a retry: nothing is kept, nothing turns
 * @property {string|null} booking the booking's name in the list, hex
 * @property {number} party @property {number} left @property {number} people
 * @property {number} listMs when the list was made @property {number} listAgeMs
 * @property {{zh: string, en: string}} word @property {{zh: string, en: string}} words
 * @property {number} version of the list
 * @property {{counter: number, at_ms: number, ends_ms: number, bytes: Uint8Array}|null} record what to keep before it opens
 *
 * @typedef {object} Edge the edge rules with their memory
 * @property {(read: Read, nowMs: number) => EdgeAnswer} decide throws `not_loaded` without a list
 * @property {(read: Read, nowMs: number) => {counter: 0, at_ms: number, ends_ms: number, bytes: Uint8Array}|null} noted the
 *   record of a passage that the platform decided; null for what has no step to remember
 * @property {(bytes: Uint8Array) => boolean} apply takes a kept record into the memory
 *
 * @typedef {object} GateParts
 * @property {Edge} edge
 * @property {(read: Read) => Promise<object>} online resolves with the platform's answer, rejects with an `Unreachable`
 * @property {import("./facts.js").FactStore} store
 * @property {(what: object) => Promise<import("./facts.js").Fact>} sign
 * @property {() => number} nowMs
 * @property {() => boolean} reachable whether the platform answered lately; false skips the waiting
 * @property {string} scenario
 * @property {(read: Read) => object} [inputOf] the action's input as `online` sends it
 */

/** How long a visitor waits for the platform before the gate decides by itself. */
export const ONLINE_WAIT_MS = 1500;

/** The platform did not answer, or not in time, or not for itself (a proxy, overload). */
export class Unreachable extends Error {}

/** The action of each direction, as the museum's card names them. */
export const ACTION_OF = Object.freeze({ in: "admit", out: "exit" });

/** Reads go one after the other, so that two of them never see the same memory. */
export class Gate {
  /** @param {GateParts} parts */
  constructor(parts) {
    this.parts = parts;
    this.queue = Promise.resolve();
  }

  /**
   * Decides about one read. Resolves only when what has to be kept is kept; then, and not before, the page may show green.
   * @param {Read} read
   * @returns {Promise<object>} `{by: "platform", answer}` or `{by: "list", ...EdgeAnswer, confirm?}` where `confirm()` is
   *   there when staff may admit by hand, or `{by: "none", reason}` when there is no list to decide from
   */
  decide(read) {
    const next = this.queue.then(() => this.#decide(read));
    this.queue = next.catch(() => undefined);
    return next;
  }

  async #decide(read) {
    const { online, reachable, inputOf = () => null } = this.parts;
    let asked = null;
    if (reachable()) {
      asked = inputOf(read);
      try {
        const answer = await online(read);
        await this.#note(read, answer);
        return { by: "platform", answer };
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
      }
    }
    return this.#fromList({ ...read, asked });
  }

  /** What the platform let through counts here as well: the same step must not open again when the network goes. */
  async #note(read, answer) {
    if (!answer.opens || read.text === undefined) return;
    let record = null;
    try {
      record = this.parts.edge.noted({ ...read, people: answer.people ?? Math.max(1, read.people) }, this.parts.nowMs());
    } catch {
      return; // No list yet: the platform has decided, and it alone remembers.
    }
    if (!record) return;
    await this.parts.store.keep({ fact: null, record });
    this.parts.edge.apply(record.bytes);
  }

  async #fromList(asked) {
    let verdict;
    let read = asked;
    try {
      read = this.#counted(asked);
      verdict = this.parts.edge.decide(read, this.parts.nowMs());
    } catch (error) {
      return { by: "none", shade: "amber", reason: error.code ?? "not_loaded" };
    }
    if (!verdict.record || verdict.again) return { by: "list", ...verdict };
    if (verdict.opens) {
      await this.#keep(read, verdict, null);
      return { by: "list", ...verdict };
    }
    let kept = null;
    const confirm = () => (kept ??= this.#confirm(read, verdict));
    return { by: "list", ...verdict, confirm };
  }

  /** How many "all" are, by the list: the one that is asked about and who is left after them. Out, each goes alone. */
  #counted(read) {
    if (read.people > 0) return read;
    const one = { ...read, people: 1 };
    if (read.direction === "out") return one;
    const { record, booking, left } = this.parts.edge.decide(one, this.parts.nowMs());
    return record && booking ? { ...read, people: 1 + left } : one;
  }

  /** Staff have looked: the gate opens by hand, kept as such. The code is not judged again, it may be over by now. */
  async #confirm(read, verdict) {
    await this.#keep(read, verdict, "staff");
    return { by: "list", ...verdict, opens: true };
  }

  async #keep(read, verdict, confirmedBy) {
    const { edge, sign, store, scenario } = this.parts;
    const fact = await sign({
      counter: verdict.record.counter,
      happened_at_ms: verdict.record.at_ms,
      scenario,
      action: ACTION_OF[read.direction],
      evidence: evidenceOf(read, verdict, confirmedBy),
    });
    await store.keep({ fact, record: verdict.record });
    edge.apply(verdict.record.bytes);
  }
}

/**
 * What is handed over about a passage: enough for the platform to check it again, and nothing about the person.
 * `request_id` and `asked_input` let it see that a read it had answered too late is this one.
 */
export function evidenceOf(read, verdict, confirmedBy) {
  return {
    text: read.text ?? null,
    number: read.number ?? null,
    verdict: verdict.shade,
    booking: verdict.booking ?? null,
    people: read.people,
    direction: read.direction,
    bundle: verdict.version,
    list_ms: verdict.listMs,
    reason: verdict.reason,
    confirmed_by: confirmedBy,
    request_id: read.request,
    ...(read.asked && { asked_input: read.asked }),
  };
}
