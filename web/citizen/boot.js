// The first screen: reads what the phone keeps and draws the code, before anything is asked of a network. The shell holds it and the
// modules it imports in one block (see index.html), where the build leaves these imports out.
import { FIRST } from "./words-first.js";
import { beijingClock, beijingMoment, makeClock } from "./time.js";
import { alive, bytes, choose, grouped, handleOf, stateOf, takenForMs, worksUntil } from "./tickets.js";
import { amend, deviceKey, recall, seedOf } from "./vault.js";
import { drawBars, drawQr } from "./draw.js";

const PHONE_MODULE = "/assets/shared/wasm.js";
const PHONE_BYTES = "/assets/wasm/phone.wasm";
const FRESH_AFTER_MS = 30_000; // hidden for longer than this, coming back is a new opening and takes a new ticket
const ICONS = {
  ready: "M5 12.5l4.5 4.5L19 7.5",
  loading: "M12 6v6l4 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  welcome: "M12 21s-8-4.5-8-11V5l8-3 8 3v5c0 6.5-8 11-8 11zM8.5 11.5l2.5 2.5 4.5-5",
  offline: "M3 3l18 18M8.5 16a5 5 0 0 1 7 0M5 12.5a10 10 0 0 1 5-2.8M19 12.5a10 10 0 0 0-2.5-1.8M12 20h0",
  reserve: "M12 8v5M12 16.5h0M12 3l9.5 17h-19z",
  frozen: "M12 2v20M3.5 7l17 10M20.5 7l-17 10M9.5 3.5L12 6l2.5-2.5M9.5 20.5L12 18l2.5 2.5",
  elsewhere: "M7 3h10v18H7zM11 18h2",
  used: "M5 12.5l4.5 4.5L19 7.5",
  spent: "M12 7v6M12 17h0M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  failed: "M12 7v6M12 17h0M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
};
const by = (id) => document.getElementById(id);
const remembered = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
const remember = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    /* a private window: the choice lasts as long as the page */
  }
};

const shell = {
  /** Words of the first screen, profile, tickets, what is known of the network (null: nothing yet), and the clock. */
  language: remembered("tongma.language") ?? (/^zh/i.test(navigator.language) ? "zh" : "en"),
  size: remembered("tongma.size") ?? "",
  profile: null,
  tickets: [],
  seen: {},
  online: null,
  actor: 0,
  clock: makeClock(Date.now, () => performance.now()),
  changed: new Set(), // called when language or size changes
  covers: {}, // what the buttons on the cover do, by state; the app fills it in
  phone: null,
  ready: null,
  claimed,
  render,
  take,
  setLanguage,
  setSize,
  route: () => location.hash.replace(/^#\/?/, ""),
  icons: ICONS,
};
let key,
  current,
  seed,
  state = "loading",
  drawn = "",
  hiddenSince = 0,
  timer,
  lock;
const word = (name, values = {}) => FIRST[shell.language][name].replace(/\{(\w+)\}/g, (_, one) => values[one]);

/** The WebAssembly side, once: from the service worker's cache, else from the network. */
shell.loadPhone = () =>
  (shell.phone ??= Promise.all([import(PHONE_MODULE), fetch(PHONE_BYTES)]).then(([module, part]) => module.loadPhone(part)));
if (remembered("tongma.shown")) shell.loadPhone().catch(() => {}); // beside the reading below, where a code is likely to be shown

function setLanguage(language) {
  remember("tongma.language", (shell.language = language));
  translate();
}
function setSize(size) {
  remember("tongma.size", (shell.size = size));
  translate();
}
function translate() {
  const page = document.documentElement;
  page.lang = shell.language === "zh" ? "zh-CN" : "en";
  if (shell.size) page.dataset.size = shell.size;
  else delete page.dataset.size;
  document.title = word("app");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = word(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  by("language").textContent = word("other_language");
  by("language").lang = shell.language === "zh" ? "en" : "zh-CN";
  by("elder").setAttribute("aria-pressed", String(Boolean(shell.size)));
  by("qr").setAttribute("aria-label", word("qr_said"));
  by("bars").setAttribute("aria-label", word("bars_said"));
  drawn = "";
  for (const told of shell.changed) told();
  if (shell.ready) render();
}

/** Chooses the ticket for this moment and counts the opening it is shown in. `fresh`: another one than now, if there is one. */
async function take(fresh = false) {
  const now = shell.clock.now();
  const next = choose(shell.tickets, now, fresh ? undefined : current?.header, shell.actor);
  if (!next || next.header === current?.header) {
    current = next;
    return;
  }
  seed = await seedOf(key, bytes(handleOf(next.header)));
  current = next;
  drawn = "";
  note(next.header, (ticket) => ({ ...ticket, opened: (ticket.opened ?? 0) + 1 }));
}

/** Changes what is known of one ticket, here and in what is kept. */
function note(header, change) {
  const all = (held = []) => held.map((ticket) => (ticket.header === header ? change(ticket) : ticket));
  shell.tickets = all(shell.tickets);
  amend("tickets", all).catch(() => {});
}

/** A point took the code on the screen at `takenMs`: this opening and the next ones show another ticket while such last, else its next step. */
async function claimed(takenMs) {
  if (!current) return;
  note(current.header, (ticket) => ({ ...ticket, claimed: true, takenMs }));
  await take(true);
  await render();
}

/** Says the state, draws what changed and comes back with the next second. */
async function render() {
  clearTimeout(timer);
  if (document.hidden) return;
  const now = shell.clock.now();
  const shows = shell.profile && !shell.profile.frozen && !shell.profile.elsewhere;
  if (shows && shell.tickets.length) {
    try {
      shell.drawer ??= await shell.loadPhone();
      shell.failed = false;
      key ??= await deviceKey();
      await take();
    } catch {
      current = null;
      shell.phone = null;
      shell.failed = true;
    }
  }
  const takenMs = takenForMs(current, now);
  const found = stateOf({ profile: shell.profile, ticket: shows ? current : null, online: shell.online, takenMs });
  tell(shell.failed && found === "spent" ? "failed" : found, now);
  if (state === "used") by("cover_text").textContent = word("used_text", { n: Math.ceil(takenMs / 1000) });
  by("clock").textContent = beijingClock(now);
  if (["ready", "offline", "reserve"].includes(state)) draw(now);
  timer = setTimeout(render, 1010 - (now % 1000));
}

function tell(next, now) {
  const coded = ["ready", "offline", "reserve"].includes(next);
  const pass = by("pass");
  pass.dataset.state = next === "failed" ? "spent" : next;
  by("name").textContent = shell.profile?.masked_name ?? "";
  by("cover").hidden = coded;
  by("qr").hidden = !coded;
  if (!coded) by("short").hidden = true;
  const note = next === "reserve" ? word("reserve_note") : next === "offline" ? offlineNote(now) : "";
  by("live").hidden = !note;
  if (by("live").textContent !== note) by("live").textContent = note;
  const label = word(next === "failed" ? "state_spent" : `state_${next}`);
  if (state === next && by("state_word").textContent === label) return;
  state = next;
  drawn = "";
  by("state_word").textContent = label;
  for (const id of ["state_icon", "cover_icon"]) by(id).setAttribute("d", ICONS[next]);
  if (!coded && next !== "loading") cover(next);
  document.documentElement.dataset.state = next;
}

function offlineNote(now) {
  const until = worksUntil(
    shell.tickets.filter((ticket) => ticket.actor === shell.actor),
    now,
  );
  const last = shell.seen.online_ms;
  return word(last ? "offline_note" : "offline_never", {
    last: last && beijingMoment(last, now),
    until: until ? beijingMoment(until, now) : "—",
  });
}

function cover(next) {
  by("cover_word").textContent = word(`${next}_word`);
  by("cover_text").textContent = word(`${next}_text`);
  if (next === "used") return by("cover_do").replaceChildren();
  const button = document.createElement(next === "welcome" || next === "frozen" ? "a" : "button");
  button.className = "button main wide";
  button.textContent = word(`${next}_do`);
  if (next === "welcome") button.href = "/auth/login?return=/me";
  else if (next === "frozen") button.href = "#/devices";
  else button.onclick = () => (shell.covers[next] ?? (() => location.reload()))();
  by("cover_do").replaceChildren(button);
}

/** Draws the step of this moment: the QR and the short number change with the step, ring and count with the second. */
function draw(now) {
  let shown;
  try {
    shown = shell.drawer.ticketText({ header: bytes(current.header), signature: bytes(current.signature), seed }, now);
  } catch {
    current = null;
    return;
  }
  const left = Math.max(0, Math.ceil((shown.stepEndsMs - now) / 1000));
  by("count").textContent = left;
  by("ring").style.strokeDashoffset =
    100 - Math.min(100, (left * 100) / Math.round((current.endMs - current.startMs) / shown.steps / 1000));
  if (left === 10) by("said").textContent = word("count_said", { n: left });
  const width = by("home").clientWidth;
  const stamp = `${current.header} ${shown.step} ${width}`;
  if (stamp === drawn || !width) return;
  drawn = stamp;
  const dense = shell.drawer.qr(shown.text, { level: "L", maxVersion: 6 });
  drawQr(by("qr"), dense, Math.min(width - 8, 380));
  try {
    drawShort(now, width);
  } catch {
    by("short").hidden = true;
  } // the QR alone serves too
  if (!document.documentElement.dataset.code) {
    document.documentElement.dataset.code = "shown";
    remember("tongma.shown", "1");
    performance.mark("tongma-code");
  }
}

function drawShort(now, width) {
  by("short").hidden = !current.alias;
  if (!current.alias) return;
  const { text } = shell.drawer.shortText(bytes(current.header), Number(current.alias), bytes(current.key), now);
  drawBars(by("bars"), shell.drawer.code128(text), width - 8, 56);
  by("digits").textContent = grouped(text);
  const large = by("large_qr");
  if (!large) return;
  drawQr(large, shell.drawer.qr(text, { level: "M" }), Math.min(by("sheet").clientWidth - 40, 420));
  by("large_digits").textContent = grouped(text);
}

function enlarge() {
  const make = (tag, id, className, text) => Object.assign(document.createElement(tag), { id, className, textContent: text ?? "" });
  const close = make("button", "", "main wide", shell.language === "zh" ? "关闭" : "Close");
  close.onclick = () => by("sheet").close();
  const large = make("canvas", "large_qr", "");
  large.setAttribute("role", "img");
  large.setAttribute("aria-label", word("bars_said"));
  by("sheet").replaceChildren(large, make("p", "large_digits", "digits large-digits"), close);
  by("sheet").showModal();
  drawn = "";
  render();
}

async function keepAwake() {
  try {
    lock = document.hidden ? null : await navigator.wakeLock?.request("screen");
  } catch {
    /* low battery: the phone decides */
  }
}

/** The page that the address names: the code here, all others by the app. */
function go() {
  const route = shell.route();
  by("home").hidden = route !== "";
  by("page").hidden = route === "";
  for (const link of by("tabs").children) {
    const tab = link.hash.replace(/^#\/?/, "");
    if (tab === (route.split("/")[0] || "")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (route === "" && shell.ready) render();
  shell.page?.(route);
}

document.addEventListener("visibilitychange", async () => {
  if (document.hidden) {
    hiddenSince = shell.clock.now();
    drawn = "";
    for (const id of ["qr", "bars"]) by(id).width = 0; // the picture that the phone keeps of this page holds no code
    by("digits").textContent = "";
    return;
  }
  if (shell.clock.now() - hiddenSince > FRESH_AFTER_MS && key) await take(true);
  keepAwake();
  render();
});
addEventListener("resize", () => shell.ready && render());
addEventListener("hashchange", go);
by("language").onclick = () => setLanguage(shell.language === "zh" ? "en" : "zh");
by("elder").onclick = () => setSize(shell.size ? "" : "large");
by("short").onclick = enlarge;
by("refresh").onclick = async () => {
  drawn = "";
  await render();
  shell.refreshed?.();
};

translate();
go();
shell.ready = recall("profile", "tickets", "seen", "key")
  .then(([profile, tickets, seen, held]) => {
    Object.assign(shell, {
      profile: profile ?? null,
      tickets: alive(tickets ?? [], Date.now() + (seen?.offset_ms ?? 0)),
      seen: seen ?? {},
    });
    key = held;
    shell.clock = makeClock(Date.now, () => performance.now(), seen?.offset_ms ?? 0);
  })
  .catch(() => {})
  .then(render)
  .then(keepAwake);
shell.ready
  .then(() => import("/assets/citizen/app.js"))
  .then((app) => app.start(shell))
  .catch(() => {
    shell.online = false;
    render();
  });
