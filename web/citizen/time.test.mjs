import assert from "node:assert/strict";
import { test } from "node:test";
import { beijingClock, beijingMoment, makeClock } from "./time.js";

function phone(offset) {
  const at = { wall: 1_800_000_000_000, run: 5000 };
  const clock = makeClock(
    () => at.wall,
    () => at.run,
    offset,
  );
  return {
    at,
    clock,
    pass: (wall, run = wall) => {
      at.wall += wall;
      at.run += run;
    },
  };
}

test("it runs with the phone, corrected by what the platform said", () => {
  const { at, clock, pass } = phone(0);
  assert.equal(clock.now(), at.wall);
  pass(100);
  assert.ok(clock.learn(at.wall + 7000, at.run - 100, at.run), "half of the trip is added");
  assert.equal(clock.now(), at.wall + 7050);
  pass(60_000);
  assert.equal(clock.now(), at.wall + 7050);
  assert.equal(clock.offset(), 7050);
  assert.equal(clock.doubtful(), false);
});

test("a wall clock set back changes nothing", () => {
  const { at, clock, pass } = phone(0);
  const before = clock.now();
  pass(1000);
  at.wall -= 3600_000;
  assert.equal(clock.now(), before + 1000);
  pass(1000);
  assert.equal(clock.now(), before + 2000);
  assert.equal(clock.doubtful(), true);
});

test("a sleep in which only the wall clock ran is time that passed", () => {
  const { clock, pass } = phone(0);
  const before = clock.now();
  pass(3600_000, 10);
  assert.equal(clock.now(), before + 3600_000);
  assert.equal(clock.doubtful(), true);
});

test("a slow or senseless answer teaches nothing", () => {
  const { clock } = phone(500);
  assert.equal(clock.learn(9e12, 0, 4001), false);
  assert.equal(clock.learn(NaN, 0, 10), false);
  assert.equal(clock.learn(9e12, 10, 0), false);
  assert.equal(clock.offset(), 500);
});

test("clock and moment are those of Beijing", () => {
  const at = Date.UTC(2026, 10, 23, 17, 30, 5);
  assert.equal(beijingClock(at), "01:30:05");
  assert.equal(beijingMoment(at, at), "01:30");
  assert.equal(beijingMoment(at + 86_400_000, at), "11\u201125\u00a001:30");
});
