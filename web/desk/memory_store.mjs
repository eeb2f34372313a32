/**
 * The store of facts and records in memory: what `store.js` does on IndexedDB, for tests and as its specification.
 * `crash` names a moment at which the next call dies as a closed browser would, before or after its effect.
 */
import { CounterTaken } from "./facts.js";

export class Crash extends Error {}

export class MemoryStore {
  constructor() {
    this.facts = new Map();
    this.records = [];
    this.highest = 0;
    /** @type {null|"before_keep"|"after_keep"|"before_acknowledged"|"after_acknowledged"} */
    this.crash = null;
  }

  #die(moment) {
    if (this.crash !== moment) return;
    this.crash = null;
    throw new Crash(moment);
  }

  async counter() {
    return this.highest;
  }

  async keep({ fact, record }) {
    this.#die("before_keep");
    if (fact && fact.counter <= this.highest) throw new CounterTaken(fact.counter);
    if (fact) {
      this.facts.set(fact.counter, structuredClone(fact));
      this.highest = fact.counter;
    }
    if (record) this.records.push(structuredClone(record));
    this.#die("after_keep");
  }

  async pending(limit) {
    return [...this.facts.values()].sort((one, other) => one.counter - other.counter).slice(0, limit);
  }

  async pendingCount() {
    return this.facts.size;
  }

  async acknowledged(counters) {
    this.#die("before_acknowledged");
    for (const counter of counters) this.facts.delete(counter);
    this.#die("after_acknowledged");
  }
}
