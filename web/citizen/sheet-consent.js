// The consent sheet: who asks, where, through whom, what exactly, why, for how long; then two buttons of one size. Nothing is
// agreed by closing it, and what became of it is told in one of three ways: shared, not shared, not certain.
import { $, fill, h, icon } from "../shared/dom.js";
import { present, told, whenClosed } from "./app.js";

const seen = new Set(); // requests that were answered or put aside on this page

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
  ask(app, box, request);
  present(box);
  navigator.vibrate?.(120);
  app.shell.changed.add(draw);
  const tick = setInterval(() => count(app, box, request), 1000);
  whenClosed(box, () => {
    clearInterval(tick);
    app.shell.changed.delete(draw);
    if (box.dataset.request === request.id) delete box.dataset.request;
  });
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
    h(
      "dl.facts",
      {},
      line(t("request_who"), h("b", {}, app.words(request.organisation))),
      line(t("request_where"), [app.words(request.venue), request.point && ` · ${app.words(request.point)}`]),
      line(t("request_clerk"), request.operator),
      line(t("request_why"), [app.words(request.purpose), app.words(request.asks)].filter(Boolean).join(" · ")),
      request.amount_fen != null && line(t("request_amount"), h("b.sum", {}, app.f.money(request.amount_fen))),
    ),
    request.claims?.length > 0 && [
      h("h3", {}, t("request_what")),
      h(
        "ul.claims",
        {},
        request.claims.map((claim) => claimLine(app, claim)),
      ),
    ],
    h(
      "div.pair",
      { id: "decide" },
      h("button", { type: "button", onclick: () => decide(app, box, request, "refuse") }, t("request_refuse")),
      h("button.main", { type: "button", onclick: () => decide(app, box, request, "agree") }, t("request_agree")),
    ),
  );
  box.setAttribute("aria-labelledby", "request_title");
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
  $("#left", box)?.remove();
  try {
    const { data } = await app.api.post(`/v1/me/requests/${request.id}`, { decision });
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
    else if (problem.status === 404 || problem.code === "request.over") end(app, box, "ask", t("request_gone"));
    else fill(box, told(app, problem), closing(app, box));
  }
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
