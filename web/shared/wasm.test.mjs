/**
 * The WebAssembly parts as a page uses them, against the small platform of `wasm.test.mint.mjs`.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { CODE_ERRORS, PASS, loadDesk, loadPhone } from "./wasm.js";
import { built } from "./wasm.test.built.mjs";
import { TestPlatform, chainOf, digitsOf, shortOf } from "./wasm.test.mint.mjs";
import { GIVE_UP_MS, frameReader, passesFor, supervisor } from "./qr-worker.js";

const phoneBytes = built("phone");
const deskBytes = built("desk");
const phone = await loadPhone(phoneBytes);
const NOW = Date.UTC(2026, 10, 23, 6, 0, 7);
const STEP_MS = 15_000;
const refusedWith = (code) => (error) => error.name === "CodeError" && error.code === code;
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** A desk that has its lists and a right clock. */
async function deskOf(platform, options) {
  const desk = await loadDesk(deskBytes);
  desk.openLists(platform.lists(options));
  desk.setClock({ errorMs: 100, syncedMs: NOW });
  return desk;
}

/** A ticket as the phone and the platform make it together. */
function ticketOf(platform, options) {
  const header = platform.header(options);
  const seed = new Uint8Array(randomBytes(12));
  const anchor = phone.anchor(header, seed);
  return { header, seed, anchor, signature: platform.issue(header, anchor) };
}

test("the phone's part keeps to its 30 KB", () => {
  const size = gzipSync(phoneBytes, { level: 9 }).length;
  assert.ok(size <= 30 * 1024, `${size} bytes`);
});

test("anchor, T1 and N1 are what the format's words say", () => {
  const platform = new TestPlatform(NOW);
  for (const code of [0x00, 0x11, 0x22, 0x31, 0x33, 0x41]) {
    const header = platform.header({ code, minutesAgo: 3, scope: 7 });
    const seed = new Uint8Array(randomBytes(12));
    const signature = new Uint8Array(randomBytes(64));
    const times = phone.ticketTimes(header);
    assert.equal(times.endMs - times.startMs, times.steps * times.stepMs);
    assert.equal(times.startMs, Math.floor(NOW / 60_000) * 60_000 - 180_000);
    assert.deepEqual([times.scope, hex(times.handle)], [7, hex(header.slice(2, 18))]);
    const chain = chainOf(header, seed, times.steps);
    assert.deepEqual(phone.anchor(header, seed), chain.anchor);
    const key = new Uint8Array(randomBytes(32));
    for (const step of [0, 1, times.steps - 1]) {
      const at = times.startMs + step * times.stepMs;
      for (const now of [at, at + times.stepMs - 1]) {
        const shown = phone.ticketText({ header, signature, seed }, now);
        const bytes = Buffer.concat([header, signature, Buffer.of(step), chain.value(step)]);
        assert.deepEqual(shown, { text: digitsOf(bytes), step, steps: times.steps, stepEndsMs: at + times.stepMs });
        for (const alias of [0, 17, 2 ** 34 - 1]) assert.equal(phone.shortText(header, alias, key, now).text, shortOf(alias, key, step));
      }
    }
    assert.throws(() => phone.ticketText({ header, signature, seed }, times.startMs - 1), refusedWith("too_early"));
    assert.throws(() => phone.ticketText({ header, signature, seed }, times.endMs), refusedWith("too_late"));
  }
});

test("the phone stores only what the issuer signed for its own anchor", () => {
  const platform = new TestPlatform(NOW);
  const { header, signature, anchor } = ticketOf(platform);
  const key = platform.issuer.publicKey;
  phone.verifyTicket(header, signature, anchor, key);
  phone.verifyTicket(header, signature, anchor, Uint8Array.of(4, ...key));
  const turned = (bytes, at) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  for (const [changedHeader, changedSignature, changedAnchor] of [
    [turned(header, 5), signature, anchor], [header, turned(signature, 3), anchor], [header, turned(signature, 63), anchor], [header, signature, turned(anchor, 0)],
    [header, new Uint8Array(64), anchor], [header, new Uint8Array(64).fill(255), anchor],
  ]) assert.throws(() => phone.verifyTicket(changedHeader, changedSignature, changedAnchor, key), refusedWith("bad_signature"));
  assert.throws(() => phone.verifyTicket(header, signature, anchor, platform.roots[0].publicKey), refusedWith("bad_signature"));
  assert.throws(() => phone.verifyTicket(header, signature, anchor, turned(key, 63)), refusedWith("bad_key"));
});

test("arguments of the wrong size or range are refused by name, and nothing breaks", () => {
  const platform = new TestPlatform(NOW);
  const { header, seed, signature } = ticketOf(platform);
  assert.throws(() => phone.anchor(header.slice(1), seed), refusedWith("bad_length"));
  assert.throws(() => phone.anchor(header, new Uint8Array(13)), refusedWith("bad_length"));
  assert.throws(() => phone.anchor(header.slice(1), new Uint8Array(13)), refusedWith("bad_length"), "a byte too few and one too many");
  assert.throws(() => phone.ticketTimes(header.map((byte, at) => (at === 21 ? 0x40 : byte))), refusedWith("bad_header"));
  assert.throws(() => phone.ticketTimes(header.map((byte, at) => (at === 0 ? 0x08 : byte))), refusedWith("unsupported"));
  for (const now of [NaN, -1, Infinity, 1e300]) assert.throws(() => phone.ticketText({ header, signature, seed }, now), refusedWith("bad_argument"));
  for (const alias of [2 ** 34, -1, 1.5, "x"]) assert.throws(() => phone.shortText(header, alias, new Uint8Array(32), NOW), refusedWith("bad_argument"));
  for (const digits of ["", "123", "12a4", "１２"]) assert.throws(() => phone.code128(digits), refusedWith("bad_text"));
  assert.throws(() => phone.qr("9".repeat(2000)), refusedWith("too_long"));
  assert.throws(() => phone.qr("9", { level: "X" }), refusedWith("bad_argument"));
  assert.equal(phone.qr("9").size, 21);
});

test("minted by the phone, drawn, photographed, read and verified by the desk", async () => {
  const platform = new TestPlatform(NOW);
  const desk = await deskOf(platform);
  const ticket = ticketOf(platform);
  const { text, step } = phone.ticketText(ticket, NOW);
  const { size, modules } = phone.qr(text);
  assert.equal(size, 41, "version 6-M");
  for (const [pixels, channels, inverted] of [[8, 4, false], [4, 1, false], [3, 1, false], [5, 4, true]]) {
    const frame = photograph(modules, size, pixels, channels, inverted);
    assert.equal(desk.readQr(640, 480, frame), text, `${pixels} px, ${channels} channels`);
  }
  const verdict = desk.verify(desk.readQr(640, 480, photograph(modules, size, 6, 4, false)), NOW);
  assert.deepEqual([verdict.outcome, verdict.reason, verdict.kind, verdict.step], ["good", "good", "ticket", step]);
  assert.equal(verdict.handle, hex(ticket.header.slice(2, 18)));
  assert.deepEqual([verdict.keyListAgeMs, verdict.denyListAgeMs, verdict.clockTrusted], [60_000, 60_000, true]);
});

/** The symbol in the middle of a 640 × 480 frame. */
function photograph(modules, size, pixels, channels, inverted) {
  const [width, height] = [640, 480];
  const frame = new Uint8ClampedArray(width * height * channels).fill(inverted ? 20 : 235);
  const [left, top] = [(width - size * pixels) >> 1, (height - size * pixels) >> 1];
  for (let y = 0; y < size * pixels; y += 1) {
    for (let x = 0; x < size * pixels; x += 1) {
      if (modules[Math.floor(y / pixels) * size + Math.floor(x / pixels)] === 0) continue;
      const at = ((top + y) * width + left + x) * channels;
      frame.fill(inverted ? 235 : 20, at, at + Math.min(channels, 3));
    }
  }
  return frame;
}

test("the desk's verdicts name what is wrong, in both languages", async () => {
  const platform = new TestPlatform(NOW);
  const other = new TestPlatform(NOW);
  const ticket = ticketOf(platform);
  const denied = ticketOf(platform);
  const desk = await deskOf(platform, { handles: [denied.header.slice(2, 18)] });
  const { text } = phone.ticketText(ticket, NOW);
  const forged = ticketOf(other);
  const foreign = "https://example.com/menu";
  for (const [scanned, now, reason] of [
    [text, NOW + 2 * STEP_MS, "code_stale"],
    [text, NOW - 2 * STEP_MS, "code_ahead"],
    [text, NOW + 3600_000, "code_expired"],
    [text.replace(/.$/, (digit) => (Number(digit) + 1) % 10), NOW, "code_forged"],
    [text.slice(0, -1), NOW, "damaged"],
    [phone.ticketText(forged, NOW).text, NOW, "code_forged"],
    [phone.ticketText(denied, NOW).text, NOW, "code_denied"],
    [phone.shortText(ticket.header, 5, new Uint8Array(32), NOW).text, NOW, "short_number"],
    ["134567890123456789", NOW, "wechat_pay"],
    [foreign, NOW, "link"],
    ["", NOW, "empty"],
    ["9".repeat(9000), NOW, "too_long"],
    ["通码", NOW, "unknown"],
    [text, NOW + 2 * 86400_000, "key_list_expired"],
  ]) {
    const verdict = desk.verify(scanned, now);
    assert.equal(verdict.outcome, "refused", reason);
    assert.ok([verdict.reason, verdict.kind].includes(reason), `${verdict.reason} is not ${reason}`);
    assert.match(verdict.words.zh, /[\u4e00-\u9fff]/);
    assert.match(verdict.words.en, /[a-z]/);
    assert.equal(verdict.handle, undefined, "no handle before the signature holds");
  }
  assert.equal(desk.verify(` ${text}\r\n`, NOW).outcome, "good", "scanners put blanks around");
});

test("a good code is amber when list or clock are in doubt", async () => {
  const platform = new TestPlatform(NOW);
  const { text } = phone.ticketText(ticketOf(platform), NOW);
  const old = await deskOf(platform, { ageS: 7200 });
  assert.deepEqual(old.verify(text, NOW).doubts.map(({ code }) => code), ["key_list_stale", "deny_list_stale"]);
  const desk = await deskOf(platform);
  desk.setClock({ errorMs: 100, syncedMs: null });
  const verdict = desk.verify(text, NOW);
  assert.deepEqual([verdict.outcome, verdict.reason, verdict.clockTrusted], ["amber", "clock_untrusted", false]);
  const reserve = phone.ticketText(ticketOf(platform, { code: 0x41 }), NOW).text;
  desk.setClock({ errorMs: 100, syncedMs: NOW });
  assert.equal(desk.verify(reserve, NOW).reason, "reserve_ticket");
});

test("lists are taken only from the pinned roots, and never an older one", async () => {
  const platform = new TestPlatform(NOW);
  const other = new TestPlatform(NOW);
  const desk = await loadDesk(deskBytes);
  assert.throws(() => desk.verify("1", NOW), refusedWith("not_loaded"));
  const lists = platform.lists({ seq: 5 });
  assert.throws(() => desk.openLists({ ...lists, roots: other.lists().roots }), refusedWith("bad_signature"));
  assert.throws(() => desk.openLists({ ...lists, denyList: other.denyList() }), refusedWith("bad_signature"));
  assert.throws(() => desk.openLists({ ...lists, keyList: lists.keyList.slice(0, -1) }), refusedWith("bad_list"));
  assert.throws(() => desk.openLists({ ...lists, seenKeySeq: 6 }), refusedWith("old_list"));
  assert.throws(() => desk.openLists({ ...lists, denyList: platform.denyList(), keyList: platform.keyList({ uses: 15 }) }), refusedWith("bad_list"));
  const opened = desk.openLists({ ...lists, seenKeySeq: 5, seenDenySeq: 5 });
  assert.deepEqual(opened.keyList, { seq: 5, issuedMs: (platform.nowS - 60) * 1000, ttlMs: 3600_000, expiresMs: (platform.nowS - 60 + 86400) * 1000 });
  desk.openLists({ ...platform.lists(), keyList: platform.keyList({ root: 1 }) });
  // A list that is refused leaves the one before in use.
  assert.throws(() => desk.openLists({ ...lists, keyList: new Uint8Array(3) }), refusedWith("bad_list"));
  assert.equal(desk.verify(phone.ticketText(ticketOf(platform), NOW).text, NOW).reason, "clock_untrusted");
});

const POINT = new Uint8Array(16).fill(9);
const requestId = () => randomBytes(16).toString("hex");

test("a gate without network: once, never twice, also after a restart", async () => {
  const platform = new TestPlatform(NOW);
  const ticket = ticketOf(platform);
  const stranger = ticketOf(platform);
  const bytes = platform.bundle({ point: POINT, version: 4, bookings: [{ name: randomBytes(8), party: 2, handles: [ticket.header.slice(2, 18)] }] });
  const open = async () => {
    const desk = await deskOf(platform);
    return { desk, info: desk.edge.openBundle(bytes, POINT, 4, NOW) };
  };
  const { desk, info } = await open();
  assert.deepEqual([info.version, info.scenario, info.bookings, info.handles, info.issuedMs], [4, "museum_entry", 1, 1, (platform.nowS - 600) * 1000]);
  const { edge } = desk;
  const read = (from, now, more = {}) => ({ text: phone.ticketText(from, now).text, people: 2, direction: "in", request: requestId(), ...more });

  const first = read(ticket, NOW);
  const answer = edge.decide(first, NOW);
  assert.deepEqual([answer.shade, answer.reason, answer.opens, answer.party, answer.version, answer.again], ["green", "admitted", true, 2, 4, false]);
  assert.deepEqual(edge.decide(first, NOW), answer, "deciding changes nothing");
  assert.deepEqual([answer.record.counter, answer.record.at_ms], [1, Math.floor(NOW / 1000) * 1000]);
  assert.equal(answer.record.ends_ms, phone.ticketTimes(ticket.header).endMs);
  assert.equal(edge.apply(answer.record.bytes), true);
  assert.equal(edge.apply(answer.record.bytes), false, "the same counter does not follow itself");

  const again = edge.decide(first, NOW + 1000);
  assert.deepEqual([again.again, again.record, again.reason], [true, null, "admitted"]);
  const copied = edge.decide({ ...first, request: requestId() }, NOW + 1000);
  assert.deepEqual([copied.shade, copied.reason, copied.record], ["red", "step_used", null]);
  const later = edge.decide(read(ticket, NOW + STEP_MS), NOW + STEP_MS);
  assert.deepEqual([later.shade, later.reason], ["red", "party_complete"]);

  const unknown = edge.decide(read(stranger, NOW), NOW);
  assert.deepEqual([unknown.shade, unknown.reason, unknown.opens, unknown.booking], ["amber", "unknown_booking", false, null]);
  const bad = edge.decide({ ...read(stranger, NOW), text: "https://example.com" }, NOW);
  assert.deepEqual([bad.shade, bad.reason, bad.code.reason], ["red", "code_refused", "link"]);
  assert.throws(() => edge.decide(read(ticket, NOW, { direction: "up" }), NOW), refusedWith("bad_argument"));
  assert.equal(edge.decide(read(ticket, NOW + STEP_MS, { people: 1e9 }), NOW + STEP_MS).reason, "bad_count");

  const restarted = (await open()).desk.edge;
  assert.equal(restarted.begin({ records: [answer.record.bytes] }, NOW), 1);
  assert.equal(restarted.decide({ ...first, request: requestId() }, NOW).reason, "step_used");
  assert.equal(restarted.begin({ counter: 1, completeSinceMs: NOW + 1000 }, NOW), 0);
  assert.equal(restarted.decide(first, NOW).reason, "memory_lost");
  assert.equal(restarted.begin({ counter: 7, records: [answer.record.bytes] }, NOW), 0, "a gap is not taken");
  assert.equal(restarted.begin({}, NOW), 0);
  assert.equal(restarted.decide({ ...first, request: requestId() }, NOW).reason, "admitted");
});

test("what the platform let through is remembered by the gate", async () => {
  const platform = new TestPlatform(NOW);
  const ticket = ticketOf(platform);
  const { edge } = await deskOf(platform);
  const read = { text: phone.ticketText(ticket, NOW).text, people: 1, direction: "in", request: requestId() };
  assert.throws(() => edge.decide(read, NOW), refusedWith("not_loaded"));
  edge.openBundle(platform.bundle({ point: POINT, bookings: [{ name: randomBytes(8), party: 1, handles: [ticket.header.slice(2, 18)] }] }), POINT, 0, NOW);
  const record = edge.noted(read, NOW);
  assert.equal(record.counter, 0);
  assert.equal(edge.apply(record.bytes), true);
  assert.equal(edge.decide({ ...read, request: requestId() }, NOW).reason, "step_used");
  assert.equal(edge.noted({ ...read, text: undefined, number: "0000000001" }, NOW), null);
});

test("a bundle is taken only for this point, in order, and while it lives", async () => {
  const platform = new TestPlatform(NOW);
  const { edge } = await deskOf(platform);
  const bytes = platform.bundle({ point: POINT, version: 4, bookings: [] });
  assert.throws(() => edge.openBundle(bytes, new Uint8Array(16), 0, NOW), refusedWith("other_point"));
  assert.throws(() => edge.openBundle(bytes, POINT, 5, NOW), refusedWith("old_list"));
  assert.throws(() => edge.openBundle(bytes, POINT, 0, NOW + 13 * 3600_000), refusedWith("expired_list"));
  assert.throws(() => edge.openBundle(new TestPlatform(NOW).bundle({ point: POINT, bookings: [] }), POINT, 0, NOW), refusedWith("bad_signature"));
  assert.throws(() => edge.openBundle(new Uint8Array(), POINT, 0, NOW), refusedWith("bad_list"));
  assert.equal(edge.openBundle(bytes, POINT, 4, NOW).version, 4);
});

test("point codes are taken from pinned origins with a good signature only", async () => {
  const platform = new TestPlatform(NOW);
  const desk = await deskOf(platform);
  const origin = "https://code.example.cn";
  const minute = Math.floor((platform.nowS - Date.UTC(2025, 0, 1) / 1000) / 60);
  const body = `${origin}/p?v=0&k=3&p=${"0a".repeat(16)}&o=${"0b".repeat(16)}&l=north_gate&u=library_loan&f=${minute - 5}&t=${minute + 5}`;
  const signed = `${body}&sig=${hex(platform.issuer.sign(Buffer.from(`tongma/point/v0\0${body}`)))}`;
  assert.deepEqual(desk.checkPoint(signed, [origin], NOW), { point: "0a".repeat(16), organisation: "0b".repeat(16), place: "north_gate", purpose: "library_loan", step: null });
  assert.equal(desk.checkPoint(signed, ["https://other.example.cn"], NOW).reason, "point_origin_unknown");
  assert.equal(desk.checkPoint(signed.replace("north", "south"), [origin], NOW).reason, "code_forged");
  assert.equal(desk.checkPoint(signed, [origin], NOW + 600_000).reason, "code_expired");
  assert.match(desk.checkPoint("https://example.com", [origin], NOW).words.en, /^This is .*Scan the venue's/);
});

test("frames without a code read as null, wrong sizes are refused", async () => {
  const desk = await loadDesk(deskBytes);
  assert.equal(desk.readQr(640, 480, new Uint8Array(640 * 480)), null);
  assert.throws(() => desk.readQr(640, 480, new Uint8Array(640 * 479)), refusedWith("bad_length"));
  assert.throws(() => desk.readQr(0, 0, new Uint8Array()), refusedWith("bad_argument"));
});

test("the worker answers every message, and takes turns on a slow machine", async () => {
  const { size, modules } = phone.qr("8612");
  const frame = { width: 640, height: 480, data: photograph(modules, size, 6, 4, false) };
  let clock = 0;
  const answer = frameReader({ load: loadDesk, pixelsOf: (given) => given, nowMs: () => (clock += 50) });
  assert.deepEqual(await answer({ id: 1, frame }), { id: 1, error: "not_loaded" });
  assert.deepEqual(await answer({ load: deskBytes }), { ready: true });
  assert.deepEqual(await answer({ id: 2, frame }), { id: 2, text: "8612", ms: 50 });
  assert.deepEqual(await answer({ id: 3, frame: { ...frame, width: 641 } }), { id: 3, error: "bad_length" });
  assert.equal(passesFor(0, 0), PASS.ALL);
  const turns = [0, 1, 2].map((turn) => passesFor(500, turn));
  assert.equal(turns.reduce((all, passes) => all | passes), PASS.ALL);
  assert.ok(turns.every((passes) => passes !== PASS.ALL && passes & PASS.PLAIN));
});

test("a reader that does not answer is replaced, and its last word is not heard", () => {
  const readers = [];
  const posted = [];
  const timers = [];
  const spawn = () => {
    const reader = { sent: [], gone: false, postMessage: (message) => reader.sent.push(message), terminate: () => (reader.gone = true) };
    readers.push(reader);
    return reader;
  };
  const take = supervisor({ spawn, post: (answer) => posted.push(answer), after: (ms, act) => timers.push({ ms, act, on: true }) - 1, cancel: (timer) => timers[timer] && (timers[timer].on = false) });
  take({ id: 1, frame: {} });
  take({ load: "desk.wasm" });
  readers[0].onmessage({ data: { ready: true } });
  take({ id: 2, frame: {} });
  readers[0].onmessage({ data: { id: 2, text: "86", ms: 5 } });
  assert.deepEqual(posted, [{ id: 1, error: "not_loaded" }, { ready: true }, { id: 2, text: "86", ms: 5 }]);
  assert.deepEqual(timers.map(({ ms, on }) => [ms, on]), [[GIVE_UP_MS, false]]);
  take({ id: 3, frame: {} });
  timers[1].act();
  assert.deepEqual(posted.at(-1), { id: 3, text: null, ms: GIVE_UP_MS, gaveUp: true });
  assert.equal(readers[0].gone, true);
  assert.deepEqual(readers[1].sent, [{ load: "desk.wasm" }]);
  readers[1].onmessage({ data: { ready: true } });
  readers[0].onmessage({ data: { id: 3, text: "late", ms: 1 } });
  take({ id: 4, frame: {} });
  readers[1].onmessage({ data: { id: 4, text: null, ms: 5 } });
  assert.deepEqual(posted.slice(4), [{ id: 4, text: null, ms: 5 }]);
});

test("every refusal of the WebAssembly side has a name here", () => {
  const source = readFileSync(new URL("../../binding/wasm/exports/src/buffers.rs", import.meta.url), "utf8");
  const listed = [...source.matchAll(/^ {4}(\w+) = (\d+),$/gm)].map(([, name, number]) => [Number(number), name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase()]);
  assert.ok(listed.length > 10);
  for (const [number, name] of listed) assert.equal(CODE_ERRORS[number], name);
  assert.equal(CODE_ERRORS.length, listed.length + 1);
});
