/** Serving one person: who they are, as far as this counter may know, and what can be done. Nothing of it outlives the screen. */
import { fill, h, say } from "../../shared/dom.js";
import { pick } from "../../shared/i18n.js";
import { takeScan, emptyValues } from "../fields.js";
import { formElement } from "./form.js";
import { modeElement, paperElement } from "./paper.js";
import { cameraElement } from "./ready.js";

/** A clock that runs down, told aloud at tens of seconds only. */
export function countdown(app, untilMs, onEnd, total = 120_000) {
  const words = h("span.digits", { "aria-hidden": "true" });
  const aloud = h("span.hush", { role: "status" });
  const bar = h("span.left", { "aria-hidden": "true" });
  const element = h("p.countdown", {}, app.icon("clock"), words, bar, aloud);
  const tick = () => {
    const left = Math.max(0, Math.ceil((untilMs - app.clock.now()) / 1000));
    say(words, app.t("seconds_left", { n: left }));
    bar.style.setProperty("--part", String(Math.min(1, (left * 1000) / total)));
    element.classList.toggle("soon", left <= 20);
    if (left % 10 === 0 && left <= 30) say(aloud, app.t("seconds_left", { n: left }));
    if (left === 0) stop(), onEnd();
  };
  const timer = setInterval(tick, 500);
  const stop = () => clearInterval(timer);
  queueMicrotask(tick);
  return { element, stop };
}

/** What the card says about a claim, and the value as the platform released it. */
function claimRows(app, presentation) {
  const label = (claim) => { try { return app.t(`claim_${claim}`); } catch { return claim.replace(/_/g, " "); } };
  const value = (claim, held) => {
    if (claim === "age_class") return ageWords(app, held);
    if (held === true || held === false) return app.t(held ? "yes" : "no");
    if (held && typeof held === "object") return pick(held, app.language) || JSON.stringify(held);
    return String(held);
  };
  return Object.entries(presentation.claims ?? {}).filter(([claim, held]) => held !== null && claim !== "masked_name" && claim !== "pseudonym" && !(claim === "age_class" && presentation.age_class)).map(([claim, held]) => [h("dt", {}, label(claim)), h("dd", {}, value(claim, held))]);
}

const ageWords = (app, age) => { try { return app.t(`age_class_${age}`); } catch { return String(age); } };

function personElement(app, session) {
  const { presentation } = session;
  const rows = claimRows(app, presentation);
  return h("section.person.card.stack.tight", {},
    h("div.row", {}, h("span.face", {}, app.icon("person")), h("h1.grow", {}, presentation.masked_name ?? app.t("person_unnamed")), presentation.age_class && h("span.chip", {}, ageWords(app, presentation.age_class))),
    presentation.actor?.for && h("p.band.ask", {}, typeof presentation.actor.for === "string" ? app.t("acts_for", { name: presentation.actor.for }) : app.say(presentation.actor.for)),
    presentation.shown_for && h("p.band.ask", {}, app.say(presentation.shown_for)),
    presentation.offline && h("p.band.ask", {}, app.t("code_was_offline")),
    modeElement(app, presentation),
    rows.length > 0 && h("dl.detail", {}, rows));
}

/** @param {{presentation: object, open?: object, draft?: object, fault?: any, offers?: object}} session */
export const serveView = (session) => (app) => {
  const { presentation } = session;
  const actions = app.actionsOf(presentation);
  if (!session.open && actions.length === 1 && actions[0].form.length > 0) Object.assign(session, { open: actions[0], draft: session.draft ?? {} });
  const again = () => app.show(serveView(session));
  const time = countdown(app, presentation.expires_ms, () => app.presentationLapsed());
  const open = (action, draft = {}) => {
    Object.assign(session, { open: action, draft, fault: null });
    again();
  };
  const form = session.open && formElement(app, session.open, session.draft, {
    known: session.known?.[session.open.id],
    options: session.offers,
    submit: (input) => app.act(session, input),
    cancel: () => { Object.assign(session, { open: null, draft: null, fault: null }); actions.length > 1 ? again() : app.finish(session); },
    saidFault: session.fault && app.say(session.fault),
  });
  const choose = h("section.card.stack.tight", {}, h("h2", {}, app.t("choose_action")),
    h("div.actions.large", {}, actions.map((action, place) => h("button", { class: place === 0 ? "main" : "", type: "button", "data-focus": place === 0, onclick: () => (action.form.length === 0 ? app.act(Object.assign(session, { open: action, draft: {} }), {}) : open(action)) }, pick(action.name, app.language)))),
    actions.length === 0 && h("p.band.ask", {}, app.t("no_actions")));
  const scans = session.open ? session.open.form.some(({ kind }) => ["barcode", "barcodes", "payment_code"].includes(kind.type)) : false;
  const element = h("div.serve", {},
    h("div.stack", {}, personElement(app, session), time.element, scans && cameraElement(app, { small: true })),
    h("div.stack", {}, form ? h("section.card", {}, form.element) : choose, paperElement(app, session),
      h("button.wide", { type: "button", onclick: () => app.finish(session) }, app.t("finish"))));
  return { name: "serve", title: app.t("serve_title"), element, leave: time.stop, onScan: form ? form.onScan : (text) => scanOpens(app, actions, text, open) };
};

/** With no form open, a book's code opens the first action that takes it: the card names the usual one first. */
function scanOpens(app, actions, text, open) {
  for (const action of actions) {
    const taken = takeScan(action.form, emptyValues(action.form), text);
    if (taken.result === "added") return open(action, { values: taken.values });
  }
  app.toast(app.t("scan_not_now"), "ask");
}

/** While the holder decides on their phone. @param {{session: object, problem: object}} wait */
export const waitingView = ({ session, problem }) => (app) => {
  const place = h("div.wait-time", {}, h("span.spin", { "aria-hidden": "true" }));
  let time = null;
  const onTime = (expiresMs) => {
    if (time) return;
    time = countdown(app, expiresMs, () => undefined);
    fill(place, time.element);
  };
  let stopped = false;
  const cancel = () => { stopped = true; app.show(serveView(Object.assign(session, { fault: null }))); };
  const element = h("section.sheet.card.stack.waiting", {},
    h("span.phone", { "aria-hidden": "true" }),
    h("h1", {}, app.t("consent_title")),
    h("p.strong", {}, app.say(problem.title_words)),
    h("p", {}, app.t("consent_lead")),
    place,
    h("p.quiet", {}, app.t("consent_then")),
    h("button", { type: "button", onclick: cancel }, app.t("consent_stop")));
  if (!session.awaiting) {
    session.awaiting = true;
    // After this view is the one shown: the waiting ends as soon as it is not.
    queueMicrotask(() => app.awaitHolder(session, { onTime: (ms) => app.view?.onTime?.(ms), stopped: () => app.view?.name !== "waiting" }).finally(() => { session.awaiting = false; }));
  }
  return { name: "waiting", title: app.t("consent_title"), element, onTime, leave: () => time?.stop(), cancelled: () => stopped };
};
