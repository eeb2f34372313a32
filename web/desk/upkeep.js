/**
 * What goes on beside the work: the heartbeat, fresh lists, handing over what was kept. All of it may fail at any time and
 * is simply tried again; nothing of it stands between a visitor and the gate.
 */
import { handOver } from "./facts.js";
import { Unreachable } from "./gate.js";
import { fromBase64 } from "./sign.js";

/** A browser's own "online" says only that a cable is plugged in: an answered heartbeat is believed instead. */
const BEAT_MS = { on: 10_000, off: 3000 };
/** Points fetch their lists on a schedule, not on need: 5 minutes, long before the `ttl` of any list. */
const REFRESH_MS = 5 * 60_000;

const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** @param {import("./app.js").App} app */
export function upkeep(app) {
  app.reached = (reached) => {
    const before = app.net.reached;
    if (before !== reached) app.net = { reached, sinceMs: app.clock.now() };
    app.lights();
    if (reached && before === false) app.refresh();
  };

  app.beat = async () => {
    clearTimeout(app.beatTimer);
    try {
      await app.api.time();
      await app.store.set({ clock: app.clock.known });
      if (app.device && app.clock.now() - (app.refreshedMs ?? 0) > REFRESH_MS) await app.refresh();
    } catch {
      // No answer: the light says so, and the next beat comes sooner.
    }
    app.lights();
    app.beatTimer = setTimeout(app.beat, app.net.reached ? BEAT_MS.on : BEAT_MS.off);
  };

  app.refresh = () => (app.refreshing ??= refresh(app).catch((error) => {
    if (!(error instanceof Unreachable)) console.error(error);
  }).finally(() => { app.refreshing = null; }));

  app.takeInfo = (answer) => takeInfo(app, answer);
  app.openKept = () => openKept(app);
  app.verifyHere = (text) => {
    try {
      setClock(app);
      return app.listsOpen ? app.desk.verify(text, app.clock.now()) : null;
    } catch {
      return null;
    }
  };
  app.bundleSay = () => {
    if (!app.bundle) return app.t(app.bundleFault ? "list_failed" : "list_none");
    return app.t("list_of", { time: app.formats.time(app.bundle.issuedMs), age: app.age(app.clock.now() - app.bundle.issuedMs) });
  };
  app.setClock = () => setClock(app);
}

/** Tells the verifier how well this clock is kept, so that it doubts for itself. */
function setClock(app) {
  const { set_ms, offset_ms, error_ms = 0 } = app.clock.known;
  app.desk?.setClock({ errorMs: error_ms, syncedMs: set_ms > 0 && app.clock.trusted() ? set_ms + offset_ms : null });
}

/** First what was kept goes out, so that the new list counts it; then the lists come in. */
async function refresh(app) {
  if (!app.device) return;
  await handOverAll(app);
  const answer = await app.api.get(`/v1/points/${app.device.point}`);
  if (!answer.ok) return;
  await takeInfo(app, { ...answer.body, id: app.device.point });
  if (app.isGate() && app.shift) await fetchBundle(app);
  app.refreshedMs = app.clock.now();
  if (app.view?.refreshed && !app.result) app.view.refreshed();
}

async function handOverAll(app) {
  if ((await app.store.pendingCount()) === 0) return;
  const send = async (events) => {
    const [first, last] = [events[0].counter, events.at(-1).counter];
    // The same facts under the same key: an answer that was lost is given again.
    const answer = await app.api.post(`/v1/points/${app.device.point}/facts`, { events }, { key: `facts-${first}-${last}-${events[0].happened_at_ms}`, waitMs: 20_000 });
    if (!answer.ok) throw Object.assign(new Unreachable(answer.problem.code), { problem: answer.problem });
    return answer.body;
  };
  try {
    const { handed, results } = await handOver(app.store, send);
    const look = results.filter(({ shade }) => shade !== "green").length;
    if (handed > 0) app.toast(app.t(look > 0 ? "hand_over_look" : "hand_over_done", { n: handed, m: look }), look > 0 ? "ask" : "good");
  } finally {
    app.left = await app.store.pendingCount();
    app.lights();
  }
}

/** Keeps what the platform says about this point, and opens its lists. The roots are those of the day of pairing. */
async function takeInfo(app, answer) {
  const { key_list, deny_list, roots, now_ms, ...info } = answer;
  app.info = info;
  if (now_ms) app.clock.learn(now_ms);
  if (await openLists(app, { key_list, deny_list })) await app.store.set({ lists: { key_list, deny_list }, lists_ms: app.listsMs });
  await app.store.set({ info });
  app.lights();
}

/** Opens the signed lists; never older ones than were seen before. @returns {Promise<boolean>} whether they are in use */
async function openLists(app, { key_list, deny_list }) {
  app.desk ??= await app.wasm;
  if (!app.desk || !key_list || !deny_list) return false;
  // Building the tables of a key takes some milliseconds: only when something changed.
  const stamp = `${key_list}.${deny_list}`;
  if (app.listsOpen === stamp) return true;
  const seen = (await app.store.get("seen_lists")) ?? {};
  try {
    const { keyList, denyList } = app.desk.openLists({ roots: app.roots.map(unhex), keyList: fromBase64(key_list), denyList: fromBase64(deny_list), ...seen });
    app.listsOpen = stamp;
    app.listsMs = Math.min(keyList.issuedMs, denyList.issuedMs);
    await app.store.set({ seen_lists: { seenKeySeq: keyList.seq, seenDenySeq: denyList.seq } });
    return true;
  } catch (error) {
    console.warn("lists", error.code ?? error);
    return false;
  }
}

async function fetchBundle(app) {
  const answer = await app.api.get(`/v1/points/${app.device.point}/bundle?scenario=${encodeURIComponent(app.shift.scenario)}`);
  if (!answer.ok || !(await openBundle(app, answer.body.bundle))) return;
  const { factsThrough, issuedMs, version } = app.bundle;
  await app.store.set({ bundle: answer.body.bundle, bundle_version: version });
  await app.store.prune({ factsThrough, issuedMs, nowMs: app.clock.now() });
}

/** Takes a signed list into use; a bad or an older one leaves the one before. */
async function openBundle(app, bundle) {
  if (!app.desk) return false;
  try {
    app.bundle = app.desk.edge.openBundle(fromBase64(bundle), unhex(app.device.point), (await app.store.get("bundle_version")) ?? 0, app.clock.now());
    app.bundleFault = null;
    return true;
  } catch (error) {
    app.bundleFault = error.code ?? String(error);
    console.warn("bundle", app.bundleFault);
    return false;
  }
}

/** At the start, before any network: the lists and the memory as they were when the page was closed. */
async function openKept(app) {
  app.desk = await app.wasm;
  app.left = await app.store.pendingCount();
  const [lists, bundle] = [await app.store.get("lists"), await app.store.get("bundle")];
  if (!app.desk) return;
  setClock(app);
  if (lists) await openLists(app, lists);
  await beginMemory(app);
  if (bundle) await openBundle(app, bundle);
}

/**
 * Gives the edge rules what was kept. Records that do not follow each other mean that some were lost: then steps begun
 * before now are refused, since they may have been used.
 */
async function beginMemory(app) {
  const [records, counter, prunedThrough, memorySince] = await Promise.all([app.store.records(), app.store.counter(), app.store.get("pruned_through"), app.store.get("memory_since")]);
  const now = app.clock.now();
  const fitted = app.desk.edge.begin({ counter: prunedThrough ?? 0, completeSinceMs: memorySince ?? now, records: records.map(({ bytes }) => bytes) }, now);
  if (fitted < records.length) app.desk.edge.begin({ counter, completeSinceMs: now, records: [] }, now);
}
