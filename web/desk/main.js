/** Puts the desk together: what was kept, the platform, the parts that read codes, and the first view. */
import { loadDesk } from "../shared/wasm.js";
import { Api, Clock } from "./api.js";
import { App } from "./app.js";
import { deskWork } from "./desk.js";
import { gateWork } from "./gate_work.js";
import { Camera } from "../shared/camera.js";
import { InView } from "../shared/in-view.js";
import { isPersonal, listenToKeys } from "./scanner.js";
import { Store } from "./store.js";
import { upkeep } from "./upkeep.js";

const WASM = "/assets/wasm/desk.wasm";
const WORKER = "/assets/shared/qr-worker.js";

/** One page per point: two gates on one counter would give two facts one number. */
async function onlyPage() {
  if (!navigator.locks) return true;
  return new Promise((resolve) => {
    navigator.locks.request("tongma-desk", { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => undefined);
    });
  });
}

async function keepAwake() {
  try {
    if (!document.hidden) await navigator.wakeLock?.request("screen");
  } catch { /* the system decides */ }
}

async function start() {
  const app = new App();
  globalThis.document.documentElement.dataset.boot = "started";
  if (!(await onlyPage())) return app.show(() => app.stopView("second_page"));
  app.store = await Store.open();
  const [device, info, pinned, listsMs, clock, shift] = await Promise.all(["device", "info", "roots", "lists_ms", "clock", "shift"].map((name) => app.store.get(name)));
  app.clock = new Clock(clock);
  app.api = new Api({ clock: app.clock, language: () => app.language, onReach: (reached) => app.reached?.(reached) });
  Object.assign(app, { device, info, roots: pinned, listsMs, shift, today: (await app.store.get("today")) ?? { day: "", in: 0, out: 0 } });
  if (device) app.api.signer = { keyId: device.point, algorithm: device.algorithm, privateKey: device.privateKey };
  app.camera = new Camera({ onCode: (text) => app.scan(text, "camera"), onState: () => app.onCamera?.(), worker: () => new Worker(WORKER, { type: "module" }), wasm: WASM, inView: new InView(isPersonal) });
  app.wasm = loadDesk(fetch(WASM)).catch((error) => { app.wasmFault = error; return null; });
  deskWork(app);
  gateWork(app);
  upkeep(app);
  listenToKeys((text) => app.scan(text, "wedge"));
  document.addEventListener("visibilitychange", keepAwake);
  keepAwake();
  navigator.storage?.persist?.().catch(() => undefined);
  await app.openKept();
  app.home();
  app.beat();
  // A worker belongs to the registration that matches its own address, not to its page's: without the second one the camera
  // would not read when the platform is away.
  for (const scope of ["/desk", WORKER]) navigator.serviceWorker?.register("/desk-sw.js", { scope }).catch(() => undefined);
}

start();
