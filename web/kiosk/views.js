/** What the kiosk shows: pairing, waiting for a code, the matters, the number, and what to do when there is none. */
import { h, say } from "../shared/dom.js";
import { cleanDigits, grouped } from "../desk/number.js";
import { LETTERS } from "./numbers.js";

/** How long a number or a trouble stays before the next person's turn. */
const TICKET_MS = 20_000;
const CHOOSE_MS = 60_000;

export const pairView = (frame) => {
  const { t } = frame;
  let mode = frame.mode ?? "kiosk";
  const hint = h("p.fault#pair-fault", { role: "alert" });
  const field = h("input.digits.big", {
    id: "pair-code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "11", "data-focus": true, "aria-describedby": "pair-fault", placeholder: "0000 0000",
    oninput: () => { field.value = grouped(cleanDigits(field.value).slice(0, 8)); say(hint, ""); },
  });
  const one = (value, words) => h("button", { type: "button", "aria-pressed": String(mode === value), onclick: ({ currentTarget }) => { mode = value; for (const other of currentTarget.parentNode.children) other.setAttribute("aria-pressed", String(other === currentTarget)); } }, words);
  const submit = async (event) => {
    event.preventDefault();
    const code = cleanDigits(field.value);
    if (code.length !== 8) return say(hint, t("pair_eight"));
    const problem = await frame.pair(code, mode);
    if (problem) say(hint, [frame.say(problem.title_words) || problem.title, frame.say(problem.next)].filter(Boolean).join(t("stop")));
  };
  const element = h("form.sheet.card.stack", { onsubmit: submit, novalidate: true },
    h("h1", {}, t("pair_title")), h("p.quiet", {}, t("pair_lead")),
    h("fieldset", {}, h("legend", {}, t("use_as")), h("div.choices", {}, one("kiosk", t("as_kiosk")), one("board", t("as_board")))),
    h("div", {}, h("label", { for: "pair-code" }, t("pair_code")), field, hint),
    h("button.main.wide", { type: "submit" }, t("pair_go")));
  return { name: "pair", title: t("pair_title"), element };
};

export const idleView = (frame) => {
  const { t } = frame;
  const words = h("p.camera-say", { role: "status" });
  const place = h("div.camera", {}, frame.camera.video, words);
  const draw = () => {
    place.dataset.state = frame.camera.state;
    say(words, frame.camera.state === "on" ? "" : t(`camera_${frame.camera.state}`));
    if (frame.camera.state === "on" && frame.camera.video.paused) frame.camera.video.play().catch(() => undefined);
  };
  draw();
  frame.onCamera = draw;
  const busy = h("p.strong", { role: "status" });
  const element = h("section.idle", {}, h("h1", {}, t("idle_title")), h("p", {}, t("idle_lead")), place, busy,
    h("button.huge", { type: "button", onclick: () => frame.without() }, t("no_phone")));
  return { name: "idle", title: t("app_kiosk"), element, onScan: (text) => { say(busy, t("checking")); frame.code(text); } };
};

/** Goes back to the start by itself when nobody touches anything any more. */
const leavingBy = (frame, ms) => {
  const timer = setTimeout(() => frame.home(), ms);
  return () => clearTimeout(timer);
};

export const chooseView = ({ offline, as_walk_in }) => (frame) => {
  const { t } = frame;
  let priority = "";
  const press = (value) => h("button", { type: "button", "aria-pressed": "false", onclick: ({ currentTarget }) => {
    priority = priority === value ? "" : value;
    for (const other of currentTarget.parentNode.children) other.setAttribute("aria-pressed", String(other === currentTarget && priority !== ""));
  } }, t(`priority_${value}`));
  const name = frame.taking.presentation?.masked_name;
  const choose = (matter) => frame.choose({ matter, ...(priority && { priority }), ...(as_walk_in && { as_walk_in: "yes" }) });
  const element = h("section.stack", {},
    h("h1", {}, name ? `${t("choose_person", { name })}${t("stop")}${t("choose_title")}` : t("choose_title")),
    offline && h("p.band.ask", {}, t("net_off")),
    h("div.matters", {}, Object.entries(LETTERS).map(([matter, letter]) => h("button", { type: "button", onclick: () => choose(matter) }, h("b", { "aria-hidden": "true" }, letter), t(`matter_${matter}`)))),
    h("fieldset", {}, h("legend", {}, t("priority_title")), h("div.choices", {}, ["elder", "disabled", "service_member"].map(press))),
    h("div.row", {}, h("button.huge", { type: "button", onclick: () => frame.home() }, t("back"))));
  return { name: "choose", title: t("choose_title"), element, leave: leavingBy(frame, CHOOSE_MS) };
};

export const ticketView = ({ detail, offline }) => (frame) => {
  const { t, formats } = frame;
  const matter = detail.matter_id ? t(`matter_${detail.matter_id}`) : frame.say(detail.matter);
  const ahead = offline ? t("ticket_offline") : detail.ahead > 0 ? t("ticket_ahead", { n: detail.ahead, m: detail.wait_min }) : t("ticket_next");
  const element = h("section.sheet.card.ticket", { dataset: { number: detail.number } },
    h("h1", {}, t("ticket_title")), h("p.no", {}, detail.number), h("p.strong", {}, matter),
    h("p", {}, [frame.say(detail.stream), detail.masked_name].filter(Boolean).join(" · ")),
    h("p", {}, ahead), h("p.small.quiet", {}, t("ticket_time", { time: formats.time(detail.taken_ms) })), h("p.small.quiet", {}, t("ticket_keep")),
    h("div.row", {}, h("button.huge", { type: "button", onclick: () => print() }, t("ticket_print")), h("button.main.huge", { type: "button", "data-focus": true, onclick: () => frame.home() }, t("ticket_done"))));
  return { name: "ticket", title: t("ticket_title"), element, onScan: (text) => { frame.home(); frame.scan(text); }, leave: leavingBy(frame, TICKET_MS) };
};

export const troubleView = ({ problem, early, no_block }) => (frame) => {
  const { t } = frame;
  const told = problem ? frame.say(problem.title_words) || problem.title : t(no_block ? "no_block" : "not_a_code");
  const element = h("section.sheet.card.stack", { role: "alert" },
    h("h1", {}, t("trouble_title")), h("p.strong", {}, told), problem?.next && h("p", {}, frame.say(problem.next)),
    h("p.quiet", {}, problem?.human ? frame.say(problem.human) : t("trouble_human")),
    early && h("button.huge", { type: "button", onclick: () => frame.choose({ as_walk_in: "yes" }) }, t("as_walk_in")),
    h("button.main.huge", { type: "button", "data-focus": true, onclick: () => frame.home() }, t("back")));
  return { name: "trouble", title: t("trouble_title"), element, onScan: (text) => { frame.home(); frame.scan(text); }, leave: leavingBy(frame, TICKET_MS) };
};
