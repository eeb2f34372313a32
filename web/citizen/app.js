// What follows the first draw: the platform's news, top-ups, the pages. All of it may fail without touching the code on the screen.
import { $, fill, h, icon } from "../shared/dom.js";
import { formats, pick, translator } from "../shared/i18n.js";
import { ZH } from "../shared/i18n-zh.js";
import { EN } from "../shared/i18n-en.js";
import { makeApi } from "./api.js";
import { makeIntents } from "./intents.js";
import { remembering } from "./kept.js";
import { issuerKeys } from "./keylist.js";
import { Problem, toldOf } from "./problem.js";
import { fetchTickets } from "./refill.js";
import { stillGranted } from "./people.js";
import { merge, refillDue } from "./tickets.js";
import { amend, deviceKey, forget, keep, recall } from "./vault.js";
import { asideElement } from "./sheet-consent.js";
import { watch } from "./watch.js";

const PAGES = {
  things: () => import("./page-things.js"),
  do: () => import("./page-things.js"),
  scan: () => import("./page-scan.js"),
  log: () => import("./page-log.js"),
  cards: () => import("./page-cards.js"),
  card: () => import("./page-cards.js"),
  account: () => import("./page-account.js"),
  calendar: () => import("./page-calendar.js"),
  consents: () => import("./page-account.js"),
  grants: () => import("./page-grants.js"),
  pin: () => import("./page-grants.js"),
  passkeys: () => import("./page-passkeys.js"),
  devices: () => import("./page-account.js"),
  family: () => import("./page-family.js"),
  papers: () => import("./page-papers.js"),
  messages: () => import("./page-messages.js"),
  texts: () => import("./page-messages.js"),
  cases: () => import("./page-rights.js"),
  copy: () => import("./page-rights.js"),
  closing: () => import("./page-rights.js"),
  settings: () => import("./page-account.js"),
  help: () => import("./page-account.js"),
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const freshKey = () => crypto.randomUUID();

/** Starts the app on a drawn shell. */
export async function start(shell) {
  const app = makeApp(shell);
  document.head.append(h("link", { rel: "stylesheet", href: "/assets/citizen/pages.css" }));
  shell.covers = { elsewhere: () => app.takeOver(), spent: () => app.refill(true) };
  shell.page = (route) => app.open(route);
  shell.refreshed = () => app.watch.now();
  shell.changed.add(() => {
    app.speak();
    app.open(shell.route());
    app.below();
  });
  addEventListener("visibilitychange", () => !document.hidden && app.watch.now());
  app.open(shell.route());
  app.watch = watch(app);
  installable();
  await app.refresh();
  app.below();
}

function makeApp(shell) {
  const app = { shell, signedIn: null, me: null, t: null, f: null, last: null };
  app.speak = () => {
    app.t = translator(shell.language === "zh" ? ZH : EN);
    app.f = formats(shell.language);
  };
  app.speak();
  app.words = (pair) => pick(pair, shell.language);
  app.heard = (alive) => heard(app, alive);
  app.api = makeApi({
    fetch: (...all) => fetch(...all),
    clock: shell.clock,
    run: () => performance.now(),
    language: () => shell.language,
    intents: makeIntents(sessionStorage, freshKey),
    heard: app.heard,
    pause,
    luck: Math.random,
  });
  app.api.get = remembering(app.api.get, { keep, recall, now: () => shell.clock.now(), told: (atMs) => (app.keptAtMs = atMs) });
  app.refresh = () => refresh(app);
  app.refill = (asked) => refill(app, asked);
  app.takeOver = () => takeOver(app);
  app.open = (route) => open(app, route);
  app.below = () => below(app);
  app.toast = (text) => toast(text);
  app.sheet = (...parts) => sheet(...parts);
  app.confirm = (question) => confirm(app, question);
  app.trouble = (problem) => trouble(app, problem);
  app.signOut = () => signOut(app);
  return app;
}

/** After every try to reach the platform. The light changes on what was heard, not on what the phone believes of its network. */
function heard(app, answered) {
  const { shell } = app;
  const before = shell.online;
  shell.online = answered;
  if (answered) {
    shell.seen = { ...shell.seen, online_ms: shell.clock.now(), offset_ms: shell.clock.offset() };
    if (before !== true || shell.seen.online_ms - (shell.seen.kept_ms ?? 0) > 30_000) {
      shell.seen.kept_ms = shell.seen.online_ms;
      keep("seen", shell.seen).catch(() => {});
    }
  }
  if (before !== answered) {
    shell.render();
    app.below?.();
  }
}

/** Reads who is signed in and on which phone the code lives; keeps what the first screen needs; tops up. */
async function refresh(app) {
  const { shell } = app;
  try {
    await app.api.get("/v1/time").catch(() => {});
    const me = await app.api.get("/v1/me");
    app.me = me;
    app.signedIn = true;
    const held = shell.profile?.device_number ?? null;
    if (shell.profile && shell.profile.masked_name !== me.masked_name) await forgetTickets(app);
    let number = me.device?.number ?? null;
    const mine = number !== null && number === me.live_device_number;
    if (!mine && (me.live_device_number === null || me.live_device_number === held)) {
      number = await enrol(app);
      app.me = await app.api.get("/v1/me");
    }
    const elsewhere = number === null || (me.live_device_number !== null && number < me.live_device_number);
    if (elsewhere) await forgetTickets(app);
    await setProfile(app, {
      masked_name: me.masked_name,
      frozen: me.frozen,
      elsewhere,
      device_number: elsewhere ? null : number,
      wards: me.wards ?? [],
    });
    if (!elsewhere && !me.frozen) await refill(app, false);
  } catch (problem) {
    if (problem.status === 401) app.signedIn = false;
    else if (!(problem instanceof Problem)) throw problem;
  }
  app.below();
}

async function enrol(app) {
  const { data } = await app.api.post("/v1/me/devices", { name: deviceName() });
  return data.device;
}

/** A name that people know their phone by, as far as the browser tells. */
export function deviceName() {
  const agent = navigator.userAgent;
  const kinds = [
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS/, "Mac"],
    [/Linux/, "Linux"],
  ];
  return kinds.find(([pattern]) => pattern.test(agent))?.[1] ?? "Web";
}

async function setProfile(app, profile) {
  const { shell } = app;
  const was = shell.profile;
  shell.profile = profile;
  await keep("profile", profile);
  await forgetOthers(app);
  if (profile.frozen && !was?.frozen) await shell.take(true);
  shell.render();
}

/** Codes of somebody for whom this person acts no more are taken off the phone, also off the screen. */
async function forgetOthers(app) {
  const { shell } = app;
  const wards = shell.profile.wards ?? [];
  if (stillGranted(shell.tickets, wards).length < shell.tickets.length) shell.tickets = await amend("tickets", (kept = []) => stillGranted(kept, wards));
  if (shell.actor === 0 || wards.some(({ actor }) => actor === shell.actor)) return;
  shell.actor = 0;
  await shell.take(true);
}

async function forgetTickets(app) {
  app.shell.tickets = [];
  app.shell.seen = { ...app.shell.seen, refill_ms: 0 };
  await keep("tickets", []);
}

/** Fetches tickets when it is time, or at once when asked. One page of the browser at a time. */
async function refill(app, asked) {
  const { shell } = app;
  const now = shell.clock.now();
  const luck = (shell.seen.luck ??= Math.random());
  const actors = [0, ...(shell.profile?.wards ?? []).map((ward) => ward.actor)];
  const due = actors.filter(
    (actor) =>
      asked ||
      refillDue(
        shell.tickets.filter((ticket) => ticket.actor === actor),
        now,
        shell.seen[`refill_ms_${actor}`] ?? 0,
        luck,
      ),
  );
  if (!due.length) return;
  const work = async () => {
    const [phone, key] = [await shell.loadPhone(), await deviceKey()];
    shell.drawer ??= phone;
    const list = await fetch("/keys/list", { cache: "no-store" });
    const issuers = issuerKeys(new Uint8Array(await list.arrayBuffer()));
    for (const actor of due) {
      const held = shell.tickets.filter((ticket) => ticket.actor === actor);
      for await (const { tickets, dropped } of fetchTickets({ api: app.api, phone, key, issuers, held, actor })) {
        shell.tickets = await amend("tickets", (kept = []) => merge(kept, tickets, shell.clock.now()));
        if (dropped) console.warn(`${dropped} tickets did not verify and were dropped`);
        await shell.render();
      }
      shell.seen = { ...shell.seen, [`refill_ms_${actor}`]: shell.clock.now(), luck };
    }
    await keep("seen", shell.seen);
    navigator.storage?.persist?.();
  };
  try {
    await (navigator.locks ? navigator.locks.request("tongma-refill", work) : work());
    if (asked) toast(app.t("refill_done"));
  } catch (problem) {
    if (problem.code === "device.replaced" || problem.code === "device.none")
      return void (await setProfile(app, { ...shell.profile, elsewhere: true }));
    if (problem.code === "code.frozen") return void (await setProfile(app, { ...shell.profile, frozen: true }));
    if (asked) toast(app.t(problem.code === "network" ? "problem_network" : "refill_failed"));
    else if (!(problem instanceof Problem)) console.warn(problem);
  }
}

/** This phone becomes the one that shows the code. What that means stands above the button, so one tap is enough. */
async function takeOver(app) {
  const { t, shell } = app;
  try {
    const number = await enrol(app);
    await forgetTickets(app);
    await setProfile(app, { ...shell.profile, elsewhere: false, device_number: number });
    await refill(app, false);
    toast(t("device_taken"));
    await app.refresh();
    app.open(shell.route());
  } catch (problem) {
    app.trouble(problem);
  }
}

async function signOut(app) {
  const { t } = app;
  if (!(await app.confirm({ title: t("sign_out"), text: t("sign_out_text"), yes: t("sign_out"), stop: true }))) return;
  await fetch("/auth/logout", { method: "POST", credentials: "same-origin" }).catch(() => {});
  await forget();
  sessionStorage.clear();
  location.replace("/me");
}

// ---- what stands under the code

function below(app) {
  const { t, shell, f } = app;
  const parts = [asideElement(app)];
  if (app.signedIn === false && !shell.profile) {
    const points = [
      ["offline", shell.icons.offline],
      ["privacy", "M12 3l8 3v5c0 5.5-3.5 8.5-8 10-4.5-1.5-8-4.5-8-10V6zM9.5 12l2 2 3.5-4"],
      ["log", "M6 3h12v18H6zM9.5 8h5M9.5 12h5M9.5 16h3"],
    ];
    parts.push(
      h(
        "section.card",
        {},
        h(
          "ul.points",
          {},
          points.map(([name, path]) =>
            h("li", {}, icon(path), h("span", {}, h("b", {}, t(`point_${name}`)), h("br"), h("span.quiet", {}, t(`point_${name}_text`)))),
          ),
        ),
      ),
      h("p.small.quiet.centre", {}, t("sign_in_lead")),
    );
  }
  const wards = shell.profile?.wards ?? [];
  const others = wards.length > 0 && !shell.profile.elsewhere && !shell.profile.frozen;
  if (others) parts.push(whose(app, wards));
  else $("#whose").hidden = true;
  if (app.signedIn === false && shell.profile)
    parts.push(
      h(
        "section.card.stack.tight",
        {},
        h("p", {}, t("sign_in_again")),
        h("a.button.main.wide", { href: "/auth/login?return=/me" }, t("sign_in")),
      ),
    );
  if (app.signedIn && shell.profile)
    parts.push(h("a.button.wide", { href: "#/scan" }, icon("M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16"), t("scan_title")));
  if (app.last) {
    const { venue, at_ms: at, text } = app.last;
    parts.push(
      h(
        "a.card.row.used",
        { href: "#/log" },
        icon(shell.icons.ready),
        h(
          "span.grow",
          {},
          h("b", {}, app.words(text) || t("just_now")),
          h("br"),
          h("span.quiet", {}, venue ? t("used_at", { venue: app.words(venue), time: f.time(at) }) : f.time(at)),
        ),
      ),
    );
  }
  fill($("#below"), parts);
}

function whose(app, wards) {
  const { t, shell } = app;
  const one = (actor, name) =>
    h(
      "button",
      {
        type: "button",
        class: shell.actor === actor ? "main" : "",
        "aria-pressed": String(shell.actor === actor),
        onclick: async () => {
          shell.actor = actor;
          await shell.take(true);
          await shell.render();
          app.below();
        },
      },
      name,
    );
  const chip = $("#whose");
  const ward = wards.find(({ actor }) => actor === shell.actor);
  chip.hidden = !ward;
  chip.textContent = ward ? t("for_person", { name: ward.masked_name }) : "";
  return h(
    "section.card.stack.tight",
    { role: "group", "aria-label": t("whose_code") },
    h("h2", {}, t("whose_code")),
    h(
      "div.row",
      {},
      one(0, t("own")),
      wards.map(({ actor, masked_name: name }) => one(actor, name)),
    ),
  );
}

// ---- pages and sheets

async function open(app, route) {
  const page = $("#page");
  const [name] = route.split("/");
  if (route === "") {
    fill(page);
    document.title = app.t("app");
    return;
  }
  const load = PAGES[name];
  if (!load) {
    location.hash = "#/";
    return;
  }
  try {
    const view = (await load())[name];
    app.keptAtMs = null;
    const stale = () => app.shell.route() !== route;
    await view(app, page, route.split("/").slice(1), stale);
    if (app.keptAtMs && !stale()) {
      const old = h("p.band.ask", {}, icon(app.shell.icons.offline), app.t("kept_page", { date: app.f.moment(app.keptAtMs) }));
      page.firstElementChild?.prepend(old);
    }
  } catch (problem) {
    const again = h("button.main.wide", { type: "button", onclick: () => open(app, route) }, app.t("retry"));
    fill(page, h("div.stack", {}, told(app, problem), again));
  }
  document.title = [$("h1", page)?.textContent, app.t("app")].filter(Boolean).join(" · ");
  if (document.activeElement === document.body || document.activeElement?.closest("#tabs")) page.focus({ preventScroll: true });
}

/** A problem as a band with what to do next. */
export function told(app, problem) {
  const { title, next, human, shade } = toldOf(problem, app.t, app.shell.language);
  return h(
    "section.card.stack.tight",
    { role: "alert" },
    h("p.band", { class: shade }, icon(app.shell.icons.failed), title),
    next && h("p", {}, next),
    h("p.quiet", {}, human),
  );
}

function sheet(...parts) {
  const box = $("#sheet");
  fill(box, parts);
  present(box);
  return box;
}

/** Opens a sheet at its top: what it says is read before what it asks, so the focus is on its heading and not on a button. */
export function present(box) {
  if (!box.open) box.showModal();
  const heading = $("h2, .verdict, .band", box);
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  box.scrollTop = 0;
}

/** Calls once when the sheet is closed for good: the event of a closing that a new sheet overtook is not meant. */
export function whenClosed(box, told) {
  const heard = () => {
    if (box.open) return;
    box.removeEventListener("close", heard);
    told();
  };
  box.addEventListener("close", heard);
}

function trouble(app, problem) {
  sheet(told(app, problem), h("button.wide.main", { type: "button", onclick: () => $("#sheet").close() }, app.t("close")));
}

/**
 * Asks a yes-or-no question; both answers have the same size. With `read`, yes gives what the sheet's form holds, and a field that
 * does not fit keeps the sheet open.
 */
function confirm(app, { title, text, parts = [], yes, stop = false, read = () => true }) {
  return new Promise((answer) => {
    let said = false;
    const agree = () => {
      try {
        said = read();
      } catch {
        return;
      }
      box.close();
    };
    const box = sheet(
      h("h2", {}, title),
      text && h("p.asked", {}, text),
      parts,
      h(
        "div.pair",
        {},
        h("button", { type: "button", onclick: () => box.close() }, app.t("confirm_stop")),
        h("button", { type: "button", class: stop ? "stop" : "main", onclick: agree }, yes),
      ),
    );
    whenClosed(box, () => answer(said));
  });
}

let toastEnds;
function toast(text) {
  const node = $("#toast");
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => {
    node.hidden = true;
  }, 4000);
}

/** What makes the page an app: the worker that starts it without network, and the manifest, after the code is on the screen. */
function installable() {
  navigator.serviceWorker?.register("/sw.js", { scope: "/me" }).catch(() => {});
  for (const [rel, href] of [
    ["manifest", "/manifest.webmanifest"],
    ["apple-touch-icon", "/assets/citizen/icon-192.png"],
  ]) {
    if (!$(`link[rel="${rel}"]`)) document.head.append(h("link", { rel, href }));
  }
}
