/** The annotated copies of a grant: what was given and no more, each marked with what it is for. Nothing of it outlives the view. */
import { fill, h } from "../../shared/dom.js";
import { newRequest } from "../api.js";
import { Unreachable } from "../gate.js";
import { ofProblem, ofSilence } from "../screens.js";

/** A standing's colour: in force, or a result to look at. Pure. @param {string} standing */
export const standingShade = (standing) => (standing === "good" ? "good" : standing === "none" ? "" : "bad");

/** One certificate, drawn with its mark across it. */
function certificateElement(app, certificate, annotation) {
  const good = certificate.standing === "good";
  return h("article.copy.card.stack.tight", { class: good ? "" : "void" },
    h("div.row", {}, h("h2.grow", {}, app.say(certificate.name)), h("span.chip", { class: standingShade(certificate.standing) }, app.say(certificate.standing_words))),
    good && h("p.small.quiet", {}, [app.say(certificate.issuer), certificate.valid_until && app.t("copies_valid_until", { date: certificate.valid_until })].filter(Boolean).join(" · ")),
    certificate.fields.length > 0
      ? h("dl.detail", {}, certificate.fields.map(({ label, value }) => [h("dt", {}, app.say(label)), h("dd", {}, value)]))
      : h("p.quiet", {}, app.t("copies_no_fields")),
    h("p.mark.small", {}, app.say(annotation)));
}

function foundElement(app, found) {
  return [
    h("p.band.ask.mark", {}, app.say(found.annotation)),
    found.certificates.map((certificate) => certificateElement(app, certificate, found.annotation)),
    found.claims.length > 0 && h("article.copy.card.stack.tight", {}, h("h2", {}, app.t("copies_claims")), h("dl.detail", {}, found.claims.map(({ label, value }) => [h("dt", {}, app.say(label)), h("dd", {}, value)])), h("p.mark.small", {}, app.say(found.annotation))),
    found.kept_back.length > 0 && h("p.quiet", {}, app.t("copies_kept_back", { items: found.kept_back.map((words) => app.say(words)).join(app.language === "zh" ? "、" : ", ") })),
  ];
}

/** @param {{grant: string, session: object|null}} about `session` while the presentation lives: another matter can be asked for */
export const copiesView = (about) => (app) => {
  const place = h("div.stack", { role: "status", "aria-live": "polite" }, h("p.busy", {}, h("span.spin", { "aria-hidden": "true" }), app.t("checking")));
  const receipt = h("p.quiet.digits", {});
  const draw = (found) => {
    fill(receipt, app.t("copies_receipt", { number: found.receipt.number }), " · ", app.t("copies_until", { time: app.formats.time(found.until_ms) }));
    fill(place, foundElement(app, found));
  };
  const gone = (screen) => fill(place, h("div.card.stack.tight", { role: "alert" }, h("p.band.ask", {}, app.t("copies_gone")), h("p", {}, app.say(screen.message)), screen.next && h("p.quiet", {}, app.say(screen.next))));
  const fetchCopies = async () => {
    try {
      const answer = await app.api.post(`/v1/grants/${about.grant}/copies`, { operator: app.shift?.operator ?? "" }, { key: newRequest() });
      answer.ok ? draw(answer.body) : gone(ofProblem(answer.problem));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      gone(ofSilence(error, false));
    }
  };
  const close = async () => {
    const next = await app.counter.actAtPoint("close", { grant: about.grant });
    app.showResult(next.screen, { then: () => (next.settled ? app.leavePerson() : app.show(copiesView(about))) });
  };
  const another = async () => {
    const { serveView } = await import("./serve.js");
    app.show(serveView(Object.assign(about.session, { open: null, draft: null, fault: null })));
  };
  const alive = about.session && about.session.presentation.expires_ms > app.clock.now();
  const element = h("section.copies.stack", {},
    h("h1", {}, app.t("copies_title")), receipt, place,
    h("div.actions", {},
      h("button.main", { type: "button", "data-focus": true, onclick: close }, app.t("copies_close")),
      h("button", { type: "button", onclick: fetchCopies }, app.t("copies_again")),
      alive && h("button", { type: "button", onclick: another }, app.t("copies_more")),
      h("button", { type: "button", onclick: () => app.leavePerson() }, app.t("finish"))));
  queueMicrotask(fetchCopies);
  return { name: "copies", title: app.t("copies_title"), element };
};
