import assert from "node:assert/strict";
import { test } from "node:test";
import { live } from "./live.js";

function stage() {
  const [made, heard, waiting] = [[], [], []];
  const make = (url) => {
    const listeners = {};
    const source = {
      url,
      readyState: 0,
      addEventListener: (name, listener) => (listeners[name] = listener),
      tell: (name) => listeners[name]?.(),
      close: () => (source.readyState = 2),
    };
    made.push(source);
    return source;
  };
  const tools = { make, looked: (name) => heard.push(name), later: (work) => waiting.push(work), never: () => {} };
  return { made, heard, waiting, line: live(tools) };
}

test("an event says what to look at; the line lives only while it is open", () => {
  const { made, heard, line } = stage();
  assert.equal(line.alive(), false);
  line.open();
  line.open();
  assert.equal(made.length, 1, "one connection, however often it is opened");
  assert.equal(line.alive(), false, "not before the platform answered");
  made[0].readyState = 1;
  assert.equal(line.alive(), true);
  made[0].tell("question");
  assert.deepEqual(heard, ["question"]);
  line.close();
  assert.equal(line.alive(), false);
  line.open();
  assert.equal(made.length, 2);
});

test("a break is left to the browser; a refusal is tried again later", () => {
  const { made, waiting, line } = stage();
  line.open();
  made[0].readyState = 0;
  made[0].tell("error");
  assert.equal(made.length, 1);
  assert.equal(waiting.length, 0);
  made[0].readyState = 2;
  made[0].tell("error");
  assert.equal(waiting.length, 1);
  waiting[0]();
  assert.equal(made.length, 2);
});
