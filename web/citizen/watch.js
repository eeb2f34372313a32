// Listening for the platform's news while the page is visible: questions to the holder, and uses of the code. A live connection says
// when to look; without one the page asks often, with one seldom, and while it is hidden nothing is asked and nothing is held open. A
// platform that does not answer is asked less and less often.
import { everything } from "../shared/pages.js";
import { live } from "./live.js";
import { consentSheet, questionsStand } from "./sheet-consent.js";

const ATTENTIVE_MS = 2000;
const CALM_MS = 6000;
const TOLD_MS = 15_000; // with a live connection, in case it lies
const ATTENTION_MS = 180_000; // after the last touch
const LONGEST_MS = 30_000;

/** When to ask next, in ms: often while someone is at it, seldom after failures. Pure. */
export function nextAsk({ failures, sinceTouchMs, luck, told = false }) {
  if (failures) return Math.min(LONGEST_MS, ATTENTIVE_MS * 2 ** Math.min(failures, 5)) * (0.75 + luck / 2);
  if (told) return TOLD_MS;
  return sinceTouchMs < ATTENTION_MS ? ATTENTIVE_MS : CALM_MS;
}

const USES = new Set(["presented", "done", "refused", "released", "asked", "consent", "staff_read"]);

/**
 * What a log's newest entries say since the last look: when the code was taken (0: it was not), whether something about the person's own phone or
 * code changed, and the latest thing to show. Pure.
 */
export function newsIn(items, sinceMs) {
  const fresh = items.filter((item) => item.at_ms > sinceMs);
  const shown = fresh.find((item) => item.kind === "done" || item.kind === "refused") ?? fresh.find((item) => item.kind === "presented");
  return {
    claimed: Math.max(0, ...fresh.filter((item) => item.kind === "presented").map((item) => item.at_ms)),
    mine: fresh.some((item) => !USES.has(item.kind)),
    latest: shown ?? null,
    newestMs: Math.max(sinceMs, ...items.map((item) => item.at_ms)),
  };
}

/** Begins to listen. `now()` asks at once, as after a touch. */
export function watch(app) {
  let [failures, touched, turn, timer, busy, again] = [0, performance.now(), 0, null, false, false];
  // What came to pass before this page was opened is no news; what came since is, also before the first look: a code may be taken
  // within a second of being shown.
  const opened = performance.now();
  let seenMs = null;
  const line = live({ make: (url) => new EventSource(url), looked: () => ask() });
  async function ask() {
    clearTimeout(timer);
    if (document.hidden) return line.close();
    // What is told while an answer is on its way may have happened after it: look once more then.
    if (busy) return void (again = true);
    [busy, again] = [true, false];
    try {
      if (app.signedIn) await once();
      else await app.refresh();
      if (app.signedIn) line.open();
      else line.close();
      failures = app.shell.online === false ? failures + 1 : 0;
    } catch (problem) {
      if (problem.status === 401) {
        app.signedIn = false;
        app.below();
      }
      failures += 1;
    }
    busy = false;
    if (again) return ask();
    const next = { failures, sinceTouchMs: performance.now() - touched, luck: Math.random(), told: line.alive() };
    timer = setTimeout(ask, app.signedIn === false ? LONGEST_MS : nextAsk(next));
  }
  async function once() {
    const items = await everything(app.api.get, "/v1/me/requests?limit=100");
    if (items.length) consentSheet(app, items[0]);
    questionsStand(app, items);
    turn += 1;
    if (turn % 2 === 1 || line.alive()) await readLog();
    if (turn % 30 === 0) await app.refresh();
  }
  async function readLog() {
    const { items } = await app.api.get("/v1/me/log?limit=5");
    const news = newsIn(items, seenMs ?? app.shell.clock.now() - (performance.now() - opened));
    seenMs = news.newestMs;
    if (news.latest) {
      app.last = news.latest;
      app.below();
    }
    if (news.claimed) await app.shell.claimed(news.claimed);
    if (news.mine) await app.refresh();
  }
  const now = () => {
    touched = performance.now();
    return ask();
  };
  addEventListener("pointerdown", () => {
    touched = performance.now();
  });
  addEventListener("visibilitychange", () => document.hidden && line.close());
  timer = setTimeout(ask, ATTENTIVE_MS);
  return { now };
}
