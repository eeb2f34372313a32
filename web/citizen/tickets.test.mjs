import assert from "node:assert/strict";
import { test } from "node:test";
import { alive, bytes, choose, grouped, handleOf, hexOf, merge, ordinaryUntil, refillDue, stateOf, takenForMs, worksUntil } from "./tickets.js";

const HOUR = 3600_000;
const T0 = 1_800_000_000_000;
const ticket = (header, kind, fromH, hours, more = {}) => ({
  header,
  kind,
  actor: 0,
  startMs: T0 + fromH * HOUR,
  endMs: T0 + (fromH + hours) * HOUR,
  opened: 0,
  claimed: false,
  ...more,
});

test("an unseen ordinary ticket is first, then an unseen spare, then a seen one, reserve last", () => {
  const all = [ticket("r", "reserve", 0, 1), ticket("s", "spare", 0, 1), ticket("o", "ordinary", 0, 0.5)];
  assert.equal(choose(all, T0).header, "o");
  all[2].opened = 1;
  assert.equal(choose(all, T0).header, "s");
  all[1].opened = 1;
  assert.equal(choose(all, T0).kind !== "reserve", true);
  all[1].claimed = all[2].claimed = true;
  assert.equal(choose(all, T0).kind !== "reserve", true, "a claimed ticket still shows later steps");
  assert.equal(choose([all[0]], T0).header, "r");
  assert.equal(choose(all, T0 - 1), null);
  assert.equal(choose(all, T0 + HOUR), null);
});

test("the ticket on the screen stays until it ends or a point takes it", () => {
  const [first, other] = [ticket("a", "ordinary", 0, 0.5, { opened: 1 }), ticket("b", "spare", 0, 1)];
  assert.equal(choose([first, other], T0, "a").header, "a");
  assert.equal(choose([{ ...first, claimed: true }, other], T0, "a").header, "b");
  assert.equal(choose([first, other], T0 + 0.5 * HOUR, "a").header, "b");
  assert.equal(
    choose(
      [
        { ...first, claimed: true },
        { ...other, claimed: true, opened: 1 },
      ],
      T0,
      "a",
    ).header,
    "a",
    "nothing fresh: no flicker between spent ones",
  );
});

test("one person's code is never drawn from another's tickets", () => {
  assert.equal(choose([ticket("a", "ordinary", 0, 1, { actor: 1 })], T0), null);
  assert.equal(choose([ticket("a", "ordinary", 0, 1, { actor: 1 })], T0, undefined, 1).header, "a");
});

test("a reserve ticket gives way as soon as an ordinary one is there", () => {
  const reserve = ticket("r", "reserve", 0, 1, { opened: 1 });
  assert.equal(choose([reserve, ticket("o", "ordinary", 0, 1)], T0, "r").header, "o");
});

test("until when it works: the unbroken run from now", () => {
  const run = [ticket("c", "reserve", 2, 1), ticket("a", "ordinary", 0, 1), ticket("b", "ordinary", 1, 1), ticket("d", "reserve", 4, 1)];
  assert.equal(worksUntil(run, T0), T0 + 3 * HOUR);
  assert.equal(worksUntil(run, T0 + 3.5 * HOUR), null);
  assert.equal(ordinaryUntil(run, T0), T0 + 2 * HOUR);
  assert.equal(ordinaryUntil([], T0), T0);
});

test("a refill is due at once when stock is short, else at this phone's own time", () => {
  const day = Array.from({ length: 24 }, (_, hour) => ticket(`h${hour}`, "ordinary", hour, 1));
  assert.equal(refillDue([], T0, 0, 0.5), true);
  assert.equal(refillDue([], T0, T0 - 10_000, 0.5), false, "not more than every twenty seconds");
  assert.equal(refillDue(day, T0, T0 - HOUR, 0), false);
  assert.equal(refillDue(day, T0, T0 - 5 * HOUR, 0), true);
  assert.equal(refillDue(day, T0, T0 - 5 * HOUR, 0.9), false);
  assert.equal(refillDue(day, T0, T0 - 12 * HOUR, 0.9), true);
  assert.equal(refillDue(day, T0, T0 + HOUR, 0.9), true, "the clock went back");
});

test("joining keeps what was opened or claimed and drops what is over", () => {
  const held = [ticket("a", "ordinary", 0, 1, { opened: 2, claimed: true }), ticket("old", "ordinary", -3, 1)];
  const joined = merge(held, [ticket("a", "ordinary", 0, 1), ticket("b", "ordinary", 1, 1)], T0);
  assert.deepEqual(
    joined.map(({ header, opened, claimed }) => [header, opened, claimed]),
    [
      ["a", 2, true],
      ["b", 0, false],
    ],
  );
  assert.equal(alive(held, T0).length, 1);
});

test("the state has one word for each case", () => {
  const profile = { masked_name: "陈**" };
  const shown = ticket("a", "ordinary", 0, 1);
  assert.equal(stateOf({ profile: null, ticket: null, online: null }), "welcome");
  assert.equal(stateOf({ profile: { ...profile, frozen: true }, ticket: shown, online: true }), "frozen");
  assert.equal(stateOf({ profile: { ...profile, elsewhere: true, frozen: true }, ticket: null, online: true }), "elsewhere");
  assert.equal(stateOf({ profile, ticket: null, online: true }), "spent");
  assert.equal(stateOf({ profile, ticket: { ...shown, kind: "reserve" }, online: true }), "reserve");
  assert.equal(stateOf({ profile, ticket: shown, online: false }), "offline");
  assert.equal(stateOf({ profile, ticket: shown, online: null }), "ready", "before anything is heard, nothing is claimed of the network");
});

test("hex, handle and groups", () => {
  assert.deepEqual([...bytes("00ff10")], [0, 255, 16]);
  assert.equal(hexOf(Uint8Array.of(0, 255, 16)), "00ff10");
  assert.equal(handleOf("2001" + "ab".repeat(16) + "00"), "ab".repeat(16));
  assert.equal(grouped("860000000000000000000042"), "8600 0000 0000 0000 0000 0042");
});

test("a step that a point took is not shown again, and the next one is", () => {
  const header = (steps) => `${"00".repeat(21)}3${steps}`;
  const held = ticket(header(1), "ordinary", 0, 0.5);
  assert.equal(takenForMs(held, T0), 0, "nobody took it");
  assert.equal(takenForMs(null, T0), 0);
  const taken = { ...held, takenMs: T0 + 16_000 };
  assert.equal(takenForMs(taken, T0 + 17_000), 13_000, "steps of 15 s");
  assert.equal(takenForMs(taken, T0 + 29_999), 1);
  assert.equal(takenForMs(taken, T0 + 30_000), 0);
  assert.equal(takenForMs({ ...taken, header: header(3) }, T0 + 17_000), 13_000, "steps of 30 s");
  assert.equal(takenForMs({ ...taken, header: header(0) }, T0 + 17_000), 3000, "steps of 10 s");
  assert.equal(stateOf({ profile: {}, ticket: taken, online: true, takenMs: 1 }), "used");
  assert.equal(stateOf({ profile: { frozen: true }, ticket: taken, online: true, takenMs: 1 }), "frozen");
});
