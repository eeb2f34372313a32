// The consent sheet: who asks, where, through whom, what exactly, why, for how long; then two buttons of one size. Nothing is
// agreed by closing it, and what became of it is told in one of three ways: shared, not shared, not certain.
import { $, fill, h, icon } from "../shared/dom.js";
import { present, told, whenClosed } from "./app.js";
import { passkeyWords } from "./passkeys.js";
import { agreeWords, firstChoice, grantWords, matterElement, matterFacts, matterReply, pinElement, said } from "./sheet-grant.js";

const seen = new Set(); // requests that were answered or put aside on this page
const answered = new Set(); // those whose answer was sent: what became of it is on the sheet

/** The seconds a request still has, never below 0. Pure. */
export const secondsLeft = (expiresMs, nowMs) => Math.max(0, Math.ceil((expiresMs - nowMs) / 1000));

/** Words for a claim; one that the tables do not know is named as it is. Pure. */
export function claimWords(t, claim) {
  try {
    return t(`claim_${claim}`);
  } catch {
    return t("claim_other", { claim });
  }
}

/** Shows a request, once. */
export function consentSheet(app, request) {
  if (seen.has(request.id)) return;
  seen.add(request.id);
  const box = $("#sheet");
  const draw = () => {
    if (box.dataset.request === request.id) ask(app, box, request);
  };
  box.dataset.request = request.id;
  if (request.matter) request.held = { request: request.id, chosen: firstChoice(request.matter.items) };
  ask(app, box, request);
  present(box);
  navigator.vibrate?.(120);
  app.shell.changed.add(draw);
  const tick = setInterval(() => count(app, box, request), 1000);
  whenClosed(box, () => {
    clearInterval(tick);
    app.shell.changed.delete(draw);
    if (box.dataset.request === request.id) delete box.dataset.request;
    app.below();
  });
}

/** After every look: a question that is asked no more ends its sheet; one that was put aside can be opened again. */
export function questionsStand(app, items) {
  const box = $("#sheet");
  const shown = box.dataset.request;
  if (box.open && shown && !answered.has(shown) && !items.some(({ id }) => id === shown)) end(app, box, "ask", app.t("request_gone"));
  const aside = items.filter(({ id }) => seen.has(id) && !answered.has(id) && id !== shown);
  const before = app.aside?.id;
  app.aside = aside[0] ?? null;
  if (app.aside?.id !== before) app.below();
}

/** The card under the code for a question that was put aside. */
export function asideElement(app) {
  const request = app.aside;
  if (!request || request.expires_ms <= app.shell.clock.now()) return null;
  const w = grantWords(app);
  const open = () => {
    seen.delete(request.id);
    app.aside = null;
    consentSheet(app, request);
  };
  return h("section.card.row", {}, h("b.grow", {}, w("waiting")), h("button.main", { type: "button", onclick: open }, w("waiting_open")));
}

function ask(app, box, request) {
  const { t } = app;
  const line = (label, text) => text && [h("dt", {}, label), h("dd", {}, text)];
  fill(
    box,
    h(
      "div.row",
      {},
      h("h2.grow", { id: "request_title" }, t("request_title")),
      h("span.chip", { id: "left", class: "ask" }, t("request_left", { n: secondsLeft(request.expires_ms, app.shell.clock.now()) })),
    ),
    request.amount_fen != null && h("p.row", {}, h("span.grow", {}, t("request_amount")), h("b.sum.large", {}, app.f.money(request.amount_fen))),
    request.about && h("p.band.ask", {}, grantWords(app)("about", { name: request.about })),
    h(
      "dl.facts",
      {},
      line(t("request_who"), h("b", {}, app.words(request.organisation))),
      line(t("request_where"), [app.words(request.venue), request.point && ` · ${app.words(request.point)}`]),
      line(t("request_clerk"), request.operator),
      line(t("request_why"), [app.words(request.purpose), app.words(request.asks)].filter(Boolean).join(" · ")),
      request.matter && matterFacts(app, request.matter).map(([label, text]) => line(label, text)),
    ),
    request.claims?.length > 0 && [
      h("h3", {}, t("request_what")),
      h(
        "ul.claims",
        {},
        request.claims.map((claim) => claimLine(app, claim)),
      ),
    ],
    request.matter && matterElement(app, request.matter, request.held, () => ticked(app, box, request)),
    deciding(app, box, request),
  );
  box.setAttribute("aria-labelledby", "request_title");
}

function deciding(app, box, request) {
  const { t } = app;
  const words = request.matter ? agreeWords(app, request.matter, request.held.chosen) : t("request_agree");
  const none = request.matter && request.held.chosen.size === 0;
  return h(
    "div.pair",
    { id: "decide" },
    h("button", { type: "button", onclick: () => decide(app, box, request, "refuse") }, t("request_refuse")),
    h("button.main#agree", { type: "button", disabled: none, onclick: () => decide(app, box, request, "agree") }, words),
  );
}

/** After a tick: the button's words and the PIN follow; nothing else moves under the finger. */
function ticked(app, box, request) {
  $("#decide", box).replaceWith(deciding(app, box, request));
  const place = $("#pin-place", box);
  const pins = pinElement(app, request.matter, request.held);
  if (Boolean(pins) !== Boolean(place.firstChild)) fill(place, pins);
}

function claimLine({ t, words }, { claim, purpose, retention_days: days, basis }) {
  const how = [words(purpose), days > 0 ? t("days_kept", { n: days }) : t("days_none")].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h("b", {}, claimWords(t, claim)),
    h("span.small.quiet", {}, how),
    basis && h("span.small.quiet", {}, t("request_basis", { basis: words(basis) })),
  );
}

function count(app, box, request) {
  const left = secondsLeft(request.expires_ms, app.shell.clock.now());
  const chip = $("#left", box);
  if (!chip || box.dataset.request !== request.id) return;
  chip.textContent = app.t("request_left", { n: left });
  if (left === 0) end(app, box, "ask", app.t("request_gone"));
}

async function decide(app, box, request, decision) {
  const { t } = app;
  fill($("#decide", box), h("p.band", { role: "status" }, t("request_wait")));
  answered.add(request.id);
  try {
    const reply = decision === "agree" && request.matter ? await matterReply(app, box, request.matter, request.held) : { decision };
    if (!reply) return again(app, box, request);
    const { data } = await app.api.post(`/v1/me/requests/${request.id}`, reply);
    $("#left", box)?.remove();
    if (data?.outcome)
      end(
        app,
        box,
        { green: "good", amber: "ask", red: "bad" }[data.outcome.shade],
        app.words(data.outcome.word),
        app.words(data.outcome.message),
      );
    else if (decision === "agree") end(app, box, "good", t("request_agreed"));
    else end(app, box, "ask", t("request_refused"));
    app.watch.now();
  } catch (problem) {
    if (problem.code === "uncertain") end(app, box, "ask", t("request_uncertain"));
    else if (problem.code === "passkey.stopped") again(app, box, request, passkeyWords(app)("stopped"));
    else if (request.matter && /^(pin|grant|passkey)\./.test(problem.code)) again(app, box, request, app.words(problem.title_words));
    else if (problem.status === 404 || problem.code === "request.over") end(app, box, "ask", t("request_gone"));
    else fill(box, told(app, problem), closing(app, box));
  }
}

/** Back to the question: nothing was decided. */
function again(app, box, request, fault) {
  answered.delete(request.id);
  if (fault) request.held.pin = "";
  const held = request.held;
  if (fault) held.fault = fault;
  ask(app, box, request);
  if (held.fault) said(box, held, held.fault);
}

function end(app, box, shade, title, text) {
  const path = shade === "good" ? app.shell.icons.ready : app.shell.icons.failed;
  fill(
    box,
    h("div.verdict", { role: "alert", class: shade }, icon(path), h("p.strong", {}, title), text && h("p", {}, text)),
    closing(app, box),
  );
}

const closing = (app, box) =>
  h(
    "div.pair",
    {},
    h("a.button", { href: "#/log", onclick: () => box.close() }, app.t("see_log")),
    h("button.main", { type: "button", onclick: () => box.close() }, app.t("close")),
  );
