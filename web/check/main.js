// The page on which anybody checks a certificate: from the address, by camera, or pasted. It keeps and sends nothing.
import { $, fill, h, icon } from "../shared/dom.js";
import { pick, translator } from "../shared/i18n.js";
import { Camera } from "../shared/camera.js";
import { InView } from "../shared/in-view.js";
import { everything } from "../shared/pages.js";
import { check, Refused } from "./verify.js";
import { EN, ZH } from "./words.js";

const GOOD = "M4 12.5l5 5L20 6.5";
const BAD = "M6 6l12 12M18 6L6 18";
const ASK = "M12 4v10M12 19h0";
const SHADES = { good: "good", suspended: "bad", old: "ask", stale: "ask", unknown: "ask", unbound: "ask", foreign: "ask", unreadable: "ask" };

let language = navigator.language?.startsWith("en") ? "en" : "zh";
let t = translator(ZH);
let last = null;
let camera = null;

const speak = () => {
  t = translator(language === "zh" ? ZH : EN);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = t("title");
  const turn = () => {
    language = language === "zh" ? "en" : "zh";
    speak();
    draw();
  };
  fill(
    $("#top"),
    h("b", {}, t("title")),
    h("button.pill", { type: "button", lang: language === "zh" ? "en" : "zh-CN", onclick: turn }, t("other")),
  );
};

const get = async (address, as) => {
  const answer = await fetch(address, { credentials: "omit", cache: "no-cache" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return as === "json" ? answer.json() : answer.text();
};

/** The issuer's keys and the names of the kinds; read once. */
let known;
const issuer = () => (known ??= Promise.all([get("/.well-known/jwt-vc-issuer", "json"), everything((path) => get(path, "json"), "/v1/certificate-kinds?limit=100"), clockError()]));

/** How far this machine's clock is from the platform's, so that a wrong one here refuses nobody. */
async function clockError() {
  const { now_ms: theirs } = await get("/v1/time", "json");
  return theirs - Date.now();
}

async function judge(input) {
  camera?.stop();
  camera = null;
  last = { working: true };
  draw();
  try {
    const [{ issuer: origin, jwks }, items, error] = await issuer();
    const said = await check(input, { origin, jwks, list: (address) => get(`/status/${address.split("/").pop()}`), nowMs: Date.now() + error });
    last = { ...said, kindName: items.find(({ id }) => id === said.kind)?.name, kind: items.find(({ id }) => id === said.kind) };
  } catch (problem) {
    if (!(problem instanceof Refused)) known = undefined;
    last = { verdict: problem instanceof Refused ? problem.code : "unknown" };
  }
  draw();
  $("#main").focus();
}

function draw() {
  if (!last) return ask();
  if (last.working) return void fill($("#main"), h("p.band", { role: "status" }, t("working")));
  const shade = SHADES[last.verdict] ?? "bad";
  const picture = { good: GOOD, ask: ASK, bad: BAD }[shade];
  const again = () => {
    last = null;
    history.replaceState(null, "", "/check");
    draw();
  };
  fill(
    $("#main"),
    h(
      "section.result",
      { class: shade, role: "alert", dataset: { verdict: last.verdict } },
      icon(picture),
      h("h1.word", {}, t(last.verdict)),
      h("p", {}, t(`${last.verdict}_text`)),
    ),
    last.kindName && facts(),
    shade === "good" && h("p", {}, t("compare")),
    shade !== "good" && h("p.quiet", {}, t("human")),
    h("button.main.wide", { type: "button", onclick: again }, t("again")),
  );
}

function facts() {
  const row = (label, value) => value && [h("dt", {}, label), h("dd", {}, value)];
  const shown = last.age_s === null ? t("shown_unproved") : t("shown_ago", { n: Math.max(0, last.age_s) });
  const list = last.listAge_s === undefined ? null : t(last.listStale ? "list_stale" : "list_age", { n: last.listAge_s });
  const labels = new Map((last.kind?.fields ?? []).map(({ id, label }) => [id, pick(label, language)]));
  return h(
    "section.card",
    {},
    h(
      "dl.facts",
      {},
      row(t("kind"), pick(last.kindName, language)),
      row(t("name"), last.name),
      Object.entries(last.disclosed)
        .filter(([name]) => labels.has(name) && name !== "name")
        .map(([name, value]) => row(labels.get(name), String(value))),
      row(t("authority"), pick(last.authority, language)),
      row(t("last_day"), last.lastDay ?? t("no_end")),
      row(t("shown"), shown),
      row(t("list"), list),
    ),
  );
}

function ask() {
  const field = h("textarea#given", { rows: 4, autocomplete: "off", spellcheck: "false" });
  const view = h("div.stack");
  const scan = h("button.main.wide", { type: "button", onclick: () => look(view, scan) }, t("scan"));
  const send = (event) => {
    event.preventDefault();
    if (field.value.trim()) judge(field.value);
  };
  fill(
    $("#main"),
    h("h1", {}, t("title")),
    h("p", {}, t("lead")),
    h("section.card.stack", {}, view, scan),
    h(
      "form.card.stack",
      { onsubmit: send },
      h("label", { for: "given" }, t("paste")),
      field,
      h("button.wide", { type: "submit" }, t("check")),
    ),
  );
}

function look(view, button) {
  if (camera) {
    camera.stop();
    camera = null;
    fill(view);
    button.textContent = t("scan");
    return;
  }
  const told = (state) => {
    if (state === "refused") fill(view, h("p.band.ask", { role: "status" }, t("camera_refused")));
    if (state === "missing" || state === "broken") fill(view, h("p.band.ask", { role: "status" }, t("camera_missing")));
  };
  camera = new Camera({
    onCode: judge,
    onState: told,
    worker: () => new Worker("/assets/shared/qr-worker.js", { type: "module" }),
    wasm: "/assets/wasm/desk.wasm",
    inView: new InView(),
  });
  fill(view, camera.video);
  button.textContent = t("scan_stop");
  camera.start();
}

/** What stands behind # came with the scan of a phone's own camera; it is taken out of the address at once. */
function fromAddress() {
  const shown = location.hash.slice(1);
  if (!shown) return;
  history.replaceState(null, "", "/check");
  judge(shown);
}

speak();
draw();
addEventListener("hashchange", fromAddress);
fromAddress();
