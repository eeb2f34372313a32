/** The desk's side of the frame: pairing, shifts, serving, and where each of them leads. */
import { follow } from "./events.js";
import { remember, remembered } from "./app.js";
import { Counter } from "./counter.js";
import { Unreachable } from "./gate.js";
import { isSheet, ofProblem, ofSilence } from "./screens.js";
import { makeKey } from "./sign.js";
import { pairView } from "./views/pair.js";
import { readyView } from "./views/ready.js";
import { menuView } from "./views/menu.js";
import { serveView, waitingView } from "./views/serve.js";
import { copiesView } from "./views/copies.js";
import { shiftView } from "./views/shift.js";
import { h } from "../shared/dom.js";

/** Where it is remembered that this point has no camera, or should not use it. */
const CAMERA = "tongma.desk.camera";

/** A 32-hex reference that an earlier answer has named, with words to choose it by. */
export function offersIn(detail, words) {
  const offers = [];
  const look = (value) => {
    if (Array.isArray(value)) value.forEach(look);
    else if (value && typeof value === "object") {
      const id = [value.id, value.key, value.bill, value.loan, value.booking].find((one) => typeof one === "string" && /^[0-9a-f]{32}$/.test(one));
      if (id) offers.push({ value: id, words: words(value) });
      else Object.values(value).forEach(look);
    }
  };
  look(detail);
  return offers;
}

/** @param {import("./app.js").App} app */
export function deskWork(app) {
  app.cards = () => (app.info?.scenarios ?? []).map((entry) => entry.card ?? entry);
  app.card = () => app.cards().find(({ id }) => id === app.shift?.scenario) ?? app.cards()[0];
  app.isGate = () => app.info?.kind === "gate";
  app.counter = new Counter({
    follow: (heard) => follow({ open: (stop) => app.api.stream(`/v1/points/${app.info.id}/events`, stop), heard }),
    api: app.api,
    point: () => app.info.id,
    operator: () => app.shift?.operator ?? "",
    scenario: () => app.shift.scenario,
    verify: (text) => app.verifyHere(text),
  });
  app.actionsOf = (presentation) => app.card().actions.filter(({ id, by }) => by.includes("operator") && (!presentation.actions || presentation.actions.some((one) => (one.id ?? one) === id)));

  app.home = () => {
    if (!app.device || !app.info) return app.show(pairView);
    if (!app.shift || !app.card()) return app.show(shiftView);
    app.autoCamera();
    return app.isGate() ? app.showGate() : app.show(readyView());
  };
  app.openMenu = () => app.show(menuView());
  app.stopView = (key) => ({ name: "stop", title: app.t("app_desk"), element: h("section.sheet.card.stack", {}, h("h1", {}, app.t(key)), h("p", {}, app.t(`${key}_text`)), h("button.main", { type: "button", onclick: () => location.reload() }, app.t("retry"))) });

  app.autoCamera = () => {
    if (remembered(CAMERA) !== "off" && app.camera.state === "off") app.camera.start();
  };
  app.toggleCamera = () => {
    const on = app.camera.state === "on" || app.camera.state === "starting";
    remember(CAMERA, on ? "off" : "on");
    on ? app.camera.stop() : app.camera.start();
  };
  pairing(app);
  shifts(app);
  serving(app);
}

function pairing(app) {
  app.pair = async (code) => {
    try {
      await app.api.time().catch(() => undefined);
      const key = await makeKey();
      app.api.signer = null;
      const answer = await app.api.post("/v1/points/pair", { code, algorithm: key.algorithm, public_key: key.publicKey }, { key: undefined });
      if (!answer.ok) return ofProblem(answer.problem);
      const point = answer.body.point ?? answer.body.id;
      app.device = { point, algorithm: key.algorithm, privateKey: key.privateKey };
      app.api.signer = { keyId: point, algorithm: key.algorithm, privateKey: key.privateKey };
      app.roots = answer.body.roots;
      await app.store.set({ device: app.device, roots: app.roots, memory_since: app.clock.now() });
      await app.takeInfo({ ...answer.body, id: point });
      app.home();
      return null;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return ofSilence(error, false);
    }
  };
  app.unpair = async () => {
    if (app.left > 0) return;
    app.camera.stop();
    await app.store.clear();
    location.reload();
  };
}

function shifts(app) {
  app.startShift = async (shift) => {
    app.shift = shift;
    app.shiftDraft = null;
    await app.store.set({ shift });
    app.home();
    if (app.isGate()) app.refresh();
  };
  app.endShift = async () => {
    app.shift = null;
    app.lastResult = null;
    app.camera.stop();
    await app.store.set({ shift: undefined });
    app.home();
  };
  app.recent = async () => {
    try {
      const answer = await app.api.get(`/v1/points/${app.info.id}/recent?limit=20`, { waitMs: 4000 });
      return answer.ok ? answer.body.items : null;
    } catch {
      return null;
    }
  };
}

function serving(app) {
  app.present = async (text) => {
    app.busy = true;
    try {
      const next = await app.counter.present(text);
      if (next.kind === "presented") app.camera.inView.accepted();
      app.go(next, next.presentation ? { presentation: next.presentation } : null);
    } finally {
      app.busy = false;
    }
  };

  app.act = async (session, input) => {
    if (app.busy) return;
    app.busy = true;
    document.documentElement.dataset.busy = "yes";
    try {
      app.go(await app.counter.act(session.presentation, session.open.id, input), session);
    } finally {
      app.busy = false;
      delete document.documentElement.dataset.busy;
    }
  };

  app.actAtPoint = async (state, input) => {
    if (app.busy) return;
    app.busy = true;
    document.documentElement.dataset.busy = "yes";
    try {
      const next = await app.counter.actAtPoint(state.open.id, input);
      if (next.kind === "field") return app.show(readyView({ ...state, fault: next.problem.title_words }));
      const back = () => app.show(readyView(next.settled ? { open: state.open, draft: {} } : { ...state, fault: null }));
      app.showResult(next.screen, { then: back, sticky: isSheet(next.screen.detail), retry: next.retry && (async () => app.go(await next.retry(), null)) });
    } finally {
      app.busy = false;
      delete document.documentElement.dataset.busy;
    }
  };

  /** Does what a listed row offers; the screen is drawn again with what is left. */
  app.actOnListed = async (action, input) => {
    if (app.busy) return;
    app.busy = true;
    try {
      const next = await app.counter.actAtPoint(action.id, input);
      app.showResult(next.screen ?? ofProblem(next.problem), { then: () => app.show(readyView()) });
    } finally {
      app.busy = false;
    }
  };

  /** Shows what comes next. @param {import("./counter.js").Next} next @param {object|null} session */
  app.go = (next, session) => {
    if (next.kind === "presented") return app.show(serveView({ presentation: next.presentation, offers: offersFor(app, next.presentation) }));
    if (next.kind === "consent") return app.show(waitingView({ session, problem: next.problem }));
    if (next.kind === "field") return app.show(serveView(Object.assign(session, { fault: next.problem.title_words })));
    const alive = next.alive && session && session.presentation.expires_ms > app.clock.now();
    const more = alive && (!next.settled || (app.card().actions_per_presentation === "many" && !session.open?.moves_money));
    const grant = next.settled && next.screen.detail?.grant;
    const then = () => {
      if (grant) return app.show(copiesView({ grant, session: alive ? session : null }));
      if (!more) return app.leavePerson();
      const offers = offersIn(next.screen.detail, (item) => offerWords(app, item));
      if (next.settled) Object.assign(session, { open: null, draft: null, fault: null });
      if (offers.length > 0) session.offers = referencesOf(app, offers);
      app.show(serveView(session));
    };
    app.showResult(next.screen, { then, retry: next.retry && (async () => app.go(await next.retry(), session)) });
  };

  app.awaitHolder = async (session, hands) => {
    const next = await app.counter.awaitHolder(session.presentation, { ...hands, nowMs: () => app.clock.now() });
    if (next) app.go(next, session);
  };
  app.finish = (session) => {
    app.counter.close(session.presentation);
    app.leavePerson();
  };
  app.presentationLapsed = () => {
    app.leavePerson();
    app.toast(app.t("presentation_over"), "ask");
  };
  /** Nothing of the person stays: the view that held it is replaced, and nothing else kept it. */
  app.leavePerson = () => app.show(readyView());
}

/** Words to choose a reference by: what has a name or an amount, never an id. */
function offerWords(app, item) {
  const parts = [];
  for (const [key, value] of Object.entries(item)) {
    if (/_fen$/.test(key) && typeof value === "number") parts.push(app.formats.money(value));
    else if (/_ms$/.test(key) && typeof value === "number") parts.push(app.formats.moment(value));
    else if (value && typeof value === "object" && value.zh) parts.push(app.say(value));
    else if (typeof value === "string" && !/^[0-9a-f]{32}$/.test(value)) parts.push(value);
  }
  return parts.join(" · ");
}

const referencesOf = (app, offers) => Object.fromEntries(app.card().actions.flatMap(({ form }) => form.filter(({ kind }) => kind.type === "reference").map(({ id }) => [id, offers])));

function offersFor(app, presentation) {
  const offers = offersIn([presentation.things, presentation.offers, presentation.detail], (item) => offerWords(app, item));
  return offers.length > 0 ? referencesOf(app, offers) : undefined;
}
