/**
 * What has happened at this point without the platform: kept before the gate opens, handed over in order when the
 * platform is back, and deleted only after it has said that it has them. None twice, none lost, also through a closed
 * browser or a crash, as far as the store below is durable.
 *
 * The store is a port: IndexedDB in the browser (`store.js`), a map in the tests.
 *
 * @typedef {object} Fact as it is kept and sent
 * @property {number} counter 1, 2, 3 … per point, never used twice
 * @property {number} happened_at_ms
 * @property {string} scenario
 * @property {string} action
 * @property {string} evidence_text JSON, signed as this very string
 * @property {string} signature base64
 *
 * @typedef {object} KeptRecord a passage as the edge rules remember it, opaque but for what pruning needs
 * @property {number} counter 0 for what the platform decided itself
 * @property {number} at_ms
 * @property {number} ends_ms when its ticket ends; 0 without one
 * @property {Uint8Array} bytes
 *
 * @typedef {object} FactStore
 * @property {() => Promise<number>} counter the highest counter ever kept or learnt
 * @property {(kept: {fact: Fact|null, record: KeptRecord|null}) => Promise<void>} keep both or neither, durable when it
 *   resolves; rejects with a `CounterTaken` when the fact's counter is not above the highest
 * @property {(limit: number) => Promise<Fact[]>} pending lowest counter first
 * @property {() => Promise<number>} pendingCount
 * @property {(counters: number[]) => Promise<void>} acknowledged deletes these facts; their records stay until pruned
 */
import { factText, signText } from "./sign.js";

/** The most bytes of one hand-over: the server takes bodies up to 64 KiB. */
const MOST_BATCH_BYTES = 48 * 1024;
const MOST_BATCH = 200;

/** The counter of a fact was used already: another page of this point kept one in between. */
export class CounterTaken extends Error {
  constructor(counter) {
    super(`counter ${counter} is taken`);
    this.name = "CounterTaken";
  }
}

/**
 * Signs a fact. Nothing is kept yet.
 * @param {{point: string, signer: {algorithm: "ed25519"|"p256", privateKey: CryptoKey}}} device
 * @param {{counter: number, happened_at_ms: number, scenario: string, action: string, evidence: object}} what
 * @returns {Promise<Fact>}
 */
export async function signedFact({ point, signer }, { evidence, ...rest }) {
  const evidence_text = JSON.stringify(evidence);
  const fact = { ...rest, evidence_text };
  return { ...fact, signature: await signText(factText({ point, ...fact }), signer) };
}

/**
 * The first facts that fit into one request.
 * @param {Fact[]} facts
 * @returns {Fact[]} at least one, if there is one
 */
export function batchOf(facts) {
  let bytes = 0;
  let count = 0;
  for (const fact of facts) {
    bytes += JSON.stringify(fact).length * 1.1 + 2;
    if (count > 0 && bytes > MOST_BATCH_BYTES) break;
    count += 1;
  }
  return facts.slice(0, count);
}

/**
 * Which facts the platform has, by its own answer: those it gave a result for, and those up to its counter that it does
 * not call missing.
 * @param {Fact[]} sent
 * @param {{accepted_through: number, gaps?: Array<[number, number]>, results?: Array<{counter: number}>}} answer
 * @returns {number[]} counters that may be deleted here
 */
export function acknowledgedBy(sent, { accepted_through: through, gaps = [], results = [] }) {
  const named = new Set(results.map(({ counter }) => counter));
  const missing = (counter) => gaps.some(([from, to]) => from <= counter && counter <= to);
  return sent.map(({ counter }) => counter).filter((counter) => !missing(counter) && (named.has(counter) || counter <= through));
}

/**
 * Hands over everything that is kept, oldest first. An error of `send` (no network, no answer) leaves the rest where it
 * is; sending again is harmless, since the platform knows each counter.
 * @param {FactStore} store
 * @param {(facts: Fact[]) => Promise<{accepted_through: number, gaps?: Array<[number, number]>, results?: Array<{counter: number, shade: string, word: any}>}>} send
 * @returns {Promise<{handed: number, left: number, results: Array<{counter: number, shade: string, word: any}>, through: number}>}
 */
export async function handOver(store, send) {
  const results = [];
  let handed = 0;
  let through = 0;
  for (;;) {
    const batch = batchOf(await store.pending(MOST_BATCH));
    if (batch.length === 0) break;
    const answer = await send(batch);
    const counters = acknowledgedBy(batch, answer);
    await store.acknowledged(counters);
    handed += counters.length;
    through = Math.max(through, answer.accepted_through);
    results.push(...(answer.results ?? []));
    // What the platform did not take stays; asking again at once would only be refused again.
    if (counters.length < batch.length) break;
  }
  return { handed, left: await store.pendingCount(), results, through };
}
