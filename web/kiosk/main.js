/** Puts kiosk and board together: what was kept, the platform, the camera, and the first view. */
import { Api, Clock } from "../desk/api.js";
import { Unreachable } from "../desk/gate.js";
import { isPersonal, listenToKeys } from "../desk/scanner.js";
import { InView } from "../shared/in-view.js";
import { Camera } from "../shared/camera.js";
import { makeKey } from "../desk/sign.js";
import { Store } from "../desk/store.js";
import { $, fill, h } from "../shared/dom.js";
import { boardView } from "./board.js";
import { Frame } from "./frame.js";
import { Taking } from "./taking.js";
import { chooseView, idleView, pairView, ticketView, troubleView } from "./views.js";

const WASM = "/assets/wasm/desk.wasm";
const WORKER = "/assets/shared/qr-worker.js";
const BEAT_MS = { on: 10_000, off: 3000 };

/** One page per device: two of them would give two people one number. */
const onlyPage = () => new Promise((resolve) => {
  if (!navigator.locks) return resolve(true);
  navigator.locks.request("tongma-kiosk", { ifAvailable: true }, (lock) => {
    resolve(lock !== null);
    return lock === null ? undefined : new Promise(() => undefined);
  });
});

async function start() {
  const frame = new Frame();
  if (!(await onlyPage())) return fill($("#main"), h("p.card", {}, frame.t("second_page")));
  frame.store = await Store.open("tongma-kiosk");
  const [device, info, clock, mode] = await Promise.all(["device", "info", "clock", "mode"].map((name) => frame.store.get(name)));
  frame.clock = new Clock(clock);
  frame.api = new Api({ clock: frame.clock, language: () => frame.language, onReach: (online) => reached(frame, online) });
  Object.assign(frame, { device, info, mode: location.hash === "#board" ? "board" : mode, voice: false });
  if (device) frame.api.signer = { keyId: device.point, algorithm: device.algorithm, privateKey: device.privateKey };
  frame.left = await frame.store.pendingCount();
  frame.taking = new Taking({ api: frame.api, store: frame.store, clock: frame.clock, device: () => frame.device, onLeft: (left) => { frame.left = left; frame.lights(); } });
  frame.camera = new Camera({ onCode: (text) => frame.scan(text), onState: () => frame.onCamera?.(), worker: () => new Worker(WORKER, { type: "module" }), wasm: WASM, inView: new InView(isPersonal) });
  work(frame);
  listenToKeys((text) => frame.scan(text));
  navigator.storage?.persist?.().catch(() => undefined);
  navigator.wakeLock?.request("screen").catch(() => undefined);
  frame.home();
  beat(frame);
  for (const scope of ["/kiosk", WORKER]) navigator.serviceWorker?.register("/kiosk-sw.js", { scope }).catch(() => undefined);
}

function reached(frame, online) {
  const before = frame.online;
  frame.online = online;
  frame.lights();
  if (online && before === false) tidy(frame);
}

/** What waits for the platform: numbers to hand over, this kiosk's block, what the registry says of it. */
async function tidy(frame) {
  if (!frame.device || frame.tidying) return;
  frame.tidying = true;
  try {
    await frame.taking.handOver();
    if (frame.mode !== "board") await frame.taking.fetchBlock();
    const answer = await frame.api.get(`/v1/points/${frame.device.point}`);
    if (answer.ok) await keepInfo(frame, answer.body);
  } catch (error) {
    if (!(error instanceof Unreachable)) console.error(error);
  } finally {
    frame.tidying = false;
  }
}

async function keepInfo(frame, { name, venue, kind }) {
  const text = JSON.stringify({ name, venue, kind });
  if (JSON.stringify(frame.info) === text) return;
  frame.info = JSON.parse(text);
  await frame.store.set({ info: frame.info });
  frame.head();
}

async function beat(frame) {
  try {
    await frame.api.time();
    await frame.store.set({ clock: frame.clock.known });
    if (frame.left > 0 || !frame.tidied) await tidy(frame);
    frame.tidied = true;
  } catch { /* no answer: the next beat comes sooner */ }
  setTimeout(() => beat(frame), frame.online ? BEAT_MS.on : BEAT_MS.off);
}

function work(frame) {
  const next = (came) => {
    if (came.kind === "number") frame.show(ticketView(came));
    else if (came.kind === "choose") frame.show(chooseView(came));
    else frame.show(troubleView(came));
  };
  const once = (take) => async (value) => {
    if (frame.busy) return;
    frame.busy = true;
    try {
      next(await take(value));
    } finally {
      frame.busy = false;
    }
  };
  frame.home = () => {
    if (!frame.device) return frame.show(pairView);
    if (frame.mode === "board") return frame.show(boardView);
    if (frame.camera.state === "off") frame.camera.start();
    frame.show(idleView);
  };
  frame.code = once((text) => frame.taking.scanned(text));
  frame.choose = once((input) => frame.taking.choose(input));
  frame.without = () => next(frame.taking.withoutCode());
  frame.pair = async (code, mode) => {
    try {
      const key = await makeKey();
      frame.api.signer = null;
      const answer = await frame.api.post("/v1/points/pair", { code, algorithm: key.algorithm, public_key: key.publicKey }, { key: undefined });
      if (!answer.ok) return answer.problem;
      const { point } = answer.body;
      frame.device = { point, algorithm: key.algorithm, privateKey: key.privateKey };
      frame.api.signer = { keyId: point, algorithm: key.algorithm, privateKey: key.privateKey };
      frame.mode = mode;
      await frame.store.set({ device: frame.device, mode });
      await keepInfo(frame, answer.body);
      frame.home();
      await tidy(frame);
      return null;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { title: frame.t("net_off") };
    }
  };
}

start();
