// The deck of certificates and one of them: its face, showing it (亮证), and what it says in full. Works from what the phone keeps.
import { fill, h, icon } from "../shared/dom.js";
import { fromBase64url } from "../shared/base64url.js";
import { everything } from "../shared/pages.js";
import { checkAddress, inOrder, masked, proofMessage, shadeOf, shownBytes, standingNow, STEP_S, usedAgain } from "./cards.js";
import { drawQr } from "./draw.js";
import { holderKey, publicText, signedBy } from "./holder-key.js";
import { largeQr } from "./large-qr.js";
import { amend, recall } from "./vault.js";

const BACK = "M15 5l-7 7 7 7";
const FULL_MS = 30_000;

/** What the deck needs: the catalogue and the certificates with what this phone can show of them. */
async function read(app) {
  const own = await publicText(await holderKey());
  const [catalogue, answer, [used = {}]] = await Promise.all([
    everything(app.api.get, "/v1/certificate-kinds?limit=100"),
    everything(app.api.get, `/v1/me/certificates?limit=100&holder=${own}`),
    recall("cards_used"),
  ]);
  const kinds = new Map(catalogue.map((kind) => [kind.id, kind]));
  const now = app.shell.clock.now();
  const items = answer.filter(({ kind }) => kinds.has(kind)).map((card) => ({ ...card, standing: standingNow(card, now) }));
  return { kinds, items: inOrder(items, used, now) };
}

function style(app) {
  if (!document.querySelector('link[href$="cards.css"]'))
    document.head.append(h("link", { rel: "stylesheet", href: "/assets/citizen/cards.css" }));
}

const standingWords = (app, standing) => app.t(`card_standing_${standing}`);
const day = (text) => text.replaceAll("-", ".");

/** The front: the issuer's colour, name and kind in both languages, and what may stand on a face. Drawn, never a photograph. */
function face(app, card, kind, heading = "h2") {
  const open = kind.fields.filter(({ id, sensitivity }) => sensitivity === "ordinary" && card.fields[id]).slice(0, 2);
  const name = kind.fields.find(({ id }) => id === "name");
  return h(
    "div.face-card",
    { style: { "--face": kind.colour }, class: shadeOf(card.standing) === "bad" ? "ended" : "" },
    guilloche(),
    h(`${heading}.face-title`, {}, h("span", { lang: "zh-CN" }, kind.name.zh), h("span.face-en", { lang: "en" }, kind.name.en)),
    h("p.face-name", {}, masked(card.fields.name ?? "", name?.mask ?? "name")),
    open.map(({ id, label }) => h("p.face-line", {}, `${app.words(label)} ${card.fields[id]}`)),
    h(
      "p.face-foot",
      {},
      h("span", {}, app.words(card.issuer)),
      h("span.digits", {}, card.valid_until ? `${day(card.valid_from)}–${day(card.valid_until)}` : day(card.valid_from)),
    ),
    card.standing !== "good" && h("p.face-stamp", {}, standingWords(app, card.standing)),
  );
}

/** Fine lines as on a certificate. */
function guilloche() {
  const waves = Array.from({ length: 9 }, (_, at) => {
    const y = 8 + at * 11;
    return h("path", { d: `M-5 ${y}C20 ${y - 24} 45 ${y + 24} 70 ${y}S120 ${y - 24} 165 ${y}` });
  });
  return h("svg.face-lines", { viewBox: "0 0 160 100", "aria-hidden": "true", preserveAspectRatio: "none" }, waves);
}

/** The deck. */
export async function cards(app, page, _rest, stale) {
  const { t } = app;
  style(app);
  fill(page, h("div.stack", {}, h("h1", {}, t("cards")), h("p", { role: "status" }, t("loading"))));
  const { kinds, items } = await read(app);
  if (stale()) return;
  const one = (card) =>
    h(
      "li",
      {},
      h(
        "a.face-link",
        { href: `#/card/${encodeURIComponent(card.identifier)}` },
        face(app, card, kinds.get(card.kind), "div"),
      ),
    );
  fill(
    page,
    h(
      "div.stack",
      {},
      h("p", {}, h("a.back", { href: "#/account" }, icon(BACK), t("account_title"))),
      h("h1", {}, t("cards")),
      h("p.quiet", {}, t("cards_lead")),
      items.length ? h("ul.deck", {}, items.map(one)) : h("p.card", {}, t("cards_none")),
    ),
  );
}

/** One certificate. */
export async function card(app, page, [encoded = ""], stale) {
  const { t, shell } = app;
  style(app);
  fill(page, h("p", { role: "status" }, t("loading")));
  const { kinds, items } = await read(app);
  if (stale()) return;
  const found = items.find(({ identifier }) => identifier === decodeURIComponent(encoded));
  if (!found) {
    location.hash = "#/cards";
    return;
  }
  const kind = kinds.get(found.kind);
  const stage = h("section.card.stack.tight.show", { "aria-live": "polite" });
  const facts = h("section.card.stack.tight");
  fill(
    page,
    h(
      "div.stack",
      {},
      h("p", {}, h("a.back", { href: "#/cards" }, icon(BACK), t("cards"))),
      face(app, found, kind, "h1"),
      h(
        "p.band",
        { class: shadeOf(found.standing) },
        icon(found.standing === "good" ? shell.icons.ready : shell.icons.failed),
        standingWords(app, found.standing),
      ),
      found.reason && h("p.quiet", {}, `${t("card_reason")}: ${found.reason}`),
      stage,
      facts,
    ),
  );
  offerToShow(app, stage, found, stale);
  drawFacts(app, facts, found, kind, stale);
}

function offerToShow(app, stage, found, stale) {
  const { t, shell } = app;
  if (!found.credentials) {
    const why = shadeOf(found.standing) === "bad" || found.standing === "not_yet" ? "card_show_none" : "card_show_fetch";
    fill(stage, h("p", {}, t(why)));
    return;
  }
  const begin = async () => {
    await amend("cards_used", (used = {}) => usedAgain(used, found.identifier, shell.clock.now()));
    await show(app, stage, found, stale);
  };
  const copy = async () => {
    await navigator.clipboard.writeText(found.credentials.sd_jwt);
    app.toast(t("card_copied"));
  };
  fill(
    stage,
    h("button.main.wide", { type: "button", onclick: begin }, t("card_show")),
    h("p.quiet.small", {}, t("card_show_offline")),
    h("button.plain.small", { type: "button", onclick: copy }, t("card_copy")),
  );
}

/** Draws the card with a fresh proof every few seconds, until it is put away or the page is left. */
async function show(app, stage, found, stale) {
  const { t, shell } = app;
  const canvas = h("canvas", { role: "img", "aria-label": t("card_qr") });
  const left = h("p.quiet.digits", { "aria-hidden": "true" });
  let going = true;
  const stop = () => {
    going = false;
    offerToShow(app, stage, found, stale);
    stage.querySelector("button")?.focus();
  };
  fill(
    stage,
    h("h2", { tabindex: "-1" }, t("card_showing")),
    h("div.show-code", {}, canvas),
    left,
    h("p.small", {}, t("card_showing_text")),
    h("button.wide", { type: "button", onclick: stop }, t("card_stop")),
  );
  stage.querySelector("h2").focus({ preventScroll: true });
  stage.scrollIntoView({ block: "start" });
  const key = await holderKey();
  const card = fromBase64url(found.credentials.card);
  let drawn = -1;
  while (going && !stale()) {
    const second = Math.floor(shell.clock.now() / 1000);
    const step = Math.floor(second / STEP_S);
    if (step !== drawn) {
      drawn = step;
      const proof = await signedBy(key, proofMessage(card, second));
      const address = checkAddress(location.origin, shownBytes(card, second, proof));
      drawQr(canvas, largeQr(address), stage.clientWidth - 24);
      canvas.dataset.address = address;
    }
    left.textContent = t("card_next", { n: STEP_S - (second % STEP_S) });
    await new Promise((done) => setTimeout(done, 500));
  }
}

/** What the certificate says: masked until the holder taps twice, and masked again after a while. */
function drawFacts(app, box, found, kind, stale, full = false) {
  const { t } = app;
  let asked = false;
  const again = (more) => !stale() && drawFacts(app, box, found, kind, stale, more);
  const reveal = (event) => {
    if (full) return again(false);
    if (asked) return again(true);
    asked = true;
    event.currentTarget.textContent = t("card_full_ask");
  };
  if (full) setTimeout(() => box.dataset.full && again(false), FULL_MS);
  if (full) box.dataset.full = "yes";
  else delete box.dataset.full;
  const row = (label, value) => [h("dt", {}, label), h("dd", {}, value)];
  const span = found.valid_until
    ? t("card_valid_span", { from: found.valid_from, until: found.valid_until })
    : t("card_valid_long", { from: found.valid_from });
  fill(
    box,
    h(
      "dl.facts",
      {},
      kind.fields
        .filter(({ id }) => found.fields[id])
        .map(({ id, label, mask }) => row(app.words(label), full ? found.fields[id] : masked(found.fields[id], mask))),
      row(t("card_issuer"), app.words(found.issuer)),
      row(t("card_valid"), span),
    ),
    h("button.wide.reveal", { type: "button", onclick: reveal, "aria-pressed": String(full) }, t(full ? "card_mask" : "card_full")),
    h(
      "details",
      {},
      h("summary", {}, t("card_more")),
      h("dl.facts", {}, row(t("card_identifier"), h("span.code-text", {}, found.identifier)), row(t("card_version"), String(found.version))),
    ),
  );
}
