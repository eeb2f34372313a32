/** The gate's side of the frame: each read to a decision, each decision to a screen. */
import { h } from "../shared/dom.js";
import { newRequest } from "./api.js";
import { ACTION_OF, Gate, ONLINE_WAIT_MS } from "./gate.js";
import { signedFact } from "./facts.js";
import { ofGate, ofOutcome, ofProblem, ofVerdict } from "./screens.js";
import { MOST_TEXT } from "./number.js";
import { doubtElement, gateView } from "./views/gate.js";

/** A gate whose WebAssembly part did not load decides nothing by itself, and says so. */
const NO_RULES = { decide: () => { throw Object.assign(new Error(), { code: "not_loaded" }); }, noted: () => null, apply: () => false };

/** Which day it is in Beijing, for the day's count. */
const dayOf = (nowMs) => new Date(nowMs + 8 * 3600_000).toISOString().slice(0, 10);

/** @param {import("./app.js").App} app */
export function gateWork(app) {
  app.showGate = async () => {
    app.gateState ??= { people: 0, direction: (await app.store.get("direction")) ?? "in" };
    app.show(gateView(app.gateState));
  };
  app.rememberDirection = (direction) => app.store.set({ direction });
  app.makeGate = () => new Gate({
    edge: app.desk?.edge ?? NO_RULES,
    store: app.store,
    online: (read) => askPlatform(app, read),
    inputOf: (read) => actionFor(app, read).input,
    sign: (what) => signedFact({ point: app.info.id, signer: app.api.signer }, what),
    nowMs: () => app.clock.now(),
    reachable: () => app.net.reached !== false,
    scenario: app.shift.scenario,
  });

  app.gateRead = async (what, { done }) => {
    if (app.busy) return;
    app.busy = true;
    const read = { ...what, request: newRequest() };
    try {
      app.gate ??= app.makeGate();
      app.setClock();
      const result = await app.gate.decide(read);
      app.left = await app.store.pendingCount();
      if (result.by === "platform") showAnswer(app, read, result.answer, done);
      else showDecision(app, read, result, done);
    } catch {
      app.showResult({ look: "red", word: { key: "word_refused" }, message: { key: "kept_fault" }, next: { key: "kept_fault_text" }, code: "store" }, { then: done });
    } finally {
      app.busy = false;
      app.lights();
    }
  };
}

/** The gate's action of the card, with as much of the input as its form takes. "All" is said by leaving the number out. */
function actionFor(app, read) {
  const action = app.card().actions.find(({ id }) => id === ACTION_OF[read.direction]);
  const values = { ...(read.people > 0 && { people: read.people }), ...(read.number !== undefined && { booking_number: read.number }) };
  const input = Object.fromEntries((action?.form ?? []).filter(({ id }) => id in values).map(({ id }) => [id, values[id]]));
  return { id: ACTION_OF[read.direction], input };
}

async function askPlatform(app, read) {
  const { id, input } = actionFor(app, read);
  const operator = app.shift?.operator ?? "";
  const options = { key: read.request, waitMs: ONLINE_WAIT_MS };
  const answer = read.number === undefined
    ? await app.api.post("/v1/presentations", { text: read.text.slice(0, MOST_TEXT), request_id: read.request, point: app.info.id, operator, purpose: app.shift.scenario, action: { id, input } }, options)
    : await app.api.post(`/v1/points/${app.info.id}/actions`, { scenario: app.shift.scenario, action: id, input, operator }, options);
  if (!answer.ok) return { opens: false, screen: ofProblem(answer.problem) };
  const { outcome, refusal } = answer.body;
  if (refusal || !outcome) return { opens: false, screen: ofProblem(refusal ?? { code: "unknown" }) };
  return { opens: outcome.shade !== "red" && !outcome.pending, screen: ofOutcome(outcome), people: outcome.detail?.people };
}

function passed(app, read, people) {
  const day = dayOf(app.clock.now());
  if (app.today.day !== day) app.today = { day, in: 0, out: 0 };
  app.today[read.direction] += people ?? Math.max(1, read.people);
  app.store.set({ today: app.today }).catch(() => undefined);
  app.camera.inView.accepted();
}

function showAnswer(app, read, { opens, screen, people }, done) {
  if (opens) passed(app, read, people);
  app.showResult(screen, { then: done });
}

/** What the list said, with its age; a doubt waits for staff, who admit or turn away. */
function showDecision(app, read, result, done) {
  if (result.opens && !result.again) passed(app, read, result.people);
  // The rules say that it is no good; the verifier says what it is instead.
  const verdict = result.reason === "code_refused" && read.text ? app.verifyHere(read.text) : null;
  const screen = verdict?.outcome === "refused" ? ofVerdict(verdict) : ofGate(result);
  const doubtful = Boolean(result.confirm);
  const facts = result.by === "list" && h("div.by-list", {},
    result.booking && h("p", {}, app.t("gate_people", { people: result.people, party: result.party, left: result.left })),
    h("p", {}, app.t("gate_by_list", { time: app.formats.time(result.listMs), age: app.age(result.listAgeMs) })));
  const admit = doubtful && (async () => {
    try {
      await result.confirm();
      app.left = await app.store.pendingCount();
      app.lights();
      passed(app, read, result.people);
      app.showResult({ look: "green", word: { key: read.direction === "out" ? "passed_out" : "passed_in" }, message: { key: "gate_by_staff" } }, { then: done });
    } catch {
      app.showResult({ look: "red", word: { key: "word_refused" }, message: { key: "kept_fault" }, next: { key: "kept_fault_text" }, code: "store" }, { then: done });
    }
  });
  const number = doubtful && read.number === undefined && ((typed) => app.gateRead({ number: typed, people: read.people, direction: read.direction }, { done }));
  const extra = h("div.stack.tight", {}, facts, doubtful && doubtElement(app, { admit, number }));
  app.showResult(screen, { then: done, sticky: doubtful, extra, go: doubtful ? "turn_away" : undefined });
}
