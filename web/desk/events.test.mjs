import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsIn, follow } from "./events.js";

test("whole events are read, and half of one waits for its rest", () => {
  assert.deepEqual(eventsIn("event: look\nid: 1\ndata: \n\n: ·\n\nevent: bo"), [["look"], "event: bo"]);
  assert.deepEqual(eventsIn("event: board\r\ndata:\r\n\r\n"), [["board"], ""]);
  assert.deepEqual(eventsIn(""), [[], ""]);
});

test("after a break it comes back, and a stop ends it", async () => {
  const heard = [];
  let opened = 0;
  const open = async () => {
    opened += 1;
    if (opened === 1) throw new Error("no network");
    return new ReadableStream({ start(out) { out.enqueue("event: bo"); out.enqueue("ard\ndata:\n\n"); out.close(); } });
  };
  const news = follow({ open, heard: (name) => heard.push(name), pause: async () => { if (heard.length === 2) news.stop(); } });
  await news.ended;
  assert.deepEqual([heard, opened, news.alive()], [["board", "board"], 3, false]);
});
