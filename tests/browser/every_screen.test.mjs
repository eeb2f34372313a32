/**
 * Every screen of everybody, in both languages, on a common and on the narrowest screen, the citizen's also in large
 * letters: axe finds nothing, and nothing sticks out to the side. A page that is added and not named here fails the test.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { axe } from "./harness/axe.mjs";
import { Looks } from "./harness/looks.mjs";
import { Colleague } from "./harness/staff.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

/** The citizen's pages: route → what shows that it is filled, where that is more than its heading. */
const CITIZEN = {
  "": "", things: "", do: null, scan: "", log: "", cards: ".deck .face-card", card: ".show", account: "", calendar: "#calendar_url", consents: "", grants: "",
  pin: "", devices: "", messages: "", texts: "", cases: "", copy: "", closing: "", settings: "", help: "", family: "", papers: "", passkeys: "",
};
/** The offices' pages, and what is opened from the lists among them. */
const OFFICES = {
  system: ["/console", "/console/review", "/console/venues", "/console/points", "/console/templates", "/console/people", "/console/cases"],
  security: ["/console/approve", "/console/unmask", "/console/staff", "/console/keys"],
  audit: ["/console/acts", "/console/audit", "/console/oddities"],
};
const DEEPER = { system: ["/console/review/", "/console/venues/", "/console/points/"], security: ["/console/approve/"], audit: [] };
const PUBLIC = ["/", "/docs", "/apply", "/check", "/console/sign-in", "/console/enrol", "/no-such-page"];
/** A counter of each kind: its scenario, what it is, and what is seen there. */
const COUNTERS = [
  ["library_loan", "Desk", "serve"], ["museum_entry", "Gate", ""], ["hospital_bill", "Desk", "serve"], ["hotel_stay", "Desk", "serve"], ["homestay_stay", "Desk", "serve"],
  ["hall_queue", "", ""], ["hall_booking", "Desk", "serve"], ["certificate_grant", "Desk", "serve"],
];

test("every screen", { timeout: 1_500_000 }, async (t) => {
  const stage = await Stage.open(t, "every");
  const looks = new Looks(stage, await axe());
  let [phone, application] = [null, null];

  await stage.step("the table names every page of the citizen", async () => {
    const source = await readFile(new URL("../../web/citizen/app.js", import.meta.url), "utf8");
    const routes = [...source.match(/const PAGES = \{([^}]*)\}/)[1].matchAll(/^\s*(\w+):/gm)].map(([, route]) => route);
    assert.deepEqual(routes.filter((route) => !(route in CITIZEN)), []);
  });

  await stage.step("the citizen's pages", async () => {
    for (const [width, height] of [[390, 844], [320, 640]]) {
      phone = await stage.phone(`phone-${width}`, { width, height });
      await phone.signIn("demo-adult");
      const card = await fillPages(phone);
      const routes = Object.entries(CITIZEN).filter(([route]) => route !== "do").map(([route, filled]) => [route === "card" ? `card/${card}` : route, filled]);
      const actions = await phone.browser.run(() => [...document.querySelectorAll("#page a[href^='#/do/']")].map((one) => one.getAttribute("href").slice(2)));
      assert.ok(actions.length > 3, "things to start in the app");
      routes.push(...[...new Set(actions)].map((route) => [route, ""]));
      for (const [size, language] of [["", "zh"], ["", "en"], ["large", "zh"], ["large", "en"]]) {
        await dress(phone, language, size);
        for (const [route, filled] of routes) {
          if (route) await phone.turnTo(route);
          await settled(phone, filled);
          await looks.see(phone, `me-${route.split("/")[0] || "code"}${route.startsWith("do/") ? `-${route.split("/").slice(2).join("-").slice(0, 24)}` : ""}-${language}-${width}${size && `-${size}`}`);
        }
      }
      await dress(phone, "zh", "");
      if (width > 320) {
        stage.browsers.delete(phone);
        await phone.browser.quit();
      }
    }
    assert.deepEqual(looks.faults, []);
  });

  await stage.step("what anybody opens", async () => {
    await stage.server.administer("points/codes", { point: await pointOf(stage) }).then(({ text }) => PUBLIC.push(text.slice(new URL(text).origin.length)));
    const anybody = await Colleague.open(stage, "anybody");
    application = await apply(anybody);
    for (const language of ["zh", "en"]) {
      await anybody.browser.cdp("Network.enable");
      await anybody.browser.cdp("Network.setExtraHTTPHeaders", { headers: { "accept-language": language === "en" ? "en" : "zh-CN" } });
      for (const path of [...PUBLIC, application]) {
        await anybody.go(`/console/language/${language}`);
        await anybody.go(path);
        if (path === "/check" && language === "en") await anybody.browser.press("#top .pill", "English");
        await until("the page", () => anybody.browser.run(() => document.querySelector("h1") !== null));
        for (const [width, height] of [[1280, 860], [320, 640]]) {
          await looks.fit(anybody, width, height);
          await looks.see(anybody, `${path.replace(/[?/].{24,}/, "").replaceAll("/", "-").slice(0, 24) || "-start"}-${language}-${width}`);
        }
      }
    }
    assert.deepEqual(looks.faults, []);
  });

  await stage.step("what a card shows to who checks it", async () => {
    const address = await shownCard(phone);
    for (const width of [390, 320]) {
      const checker = await stage.phone(`checker-${width}`, { width, height: 640 });
      for (const language of ["zh", "en"]) {
        await checker.browser.go("about:blank");
        await checker.browser.go(address);
        await checker.browser.shown(".result");
        if (language === "en") await checker.browser.press("#top .pill", "English");
        await looks.see(checker, `check-result-${language}-${width}`);
      }
      stage.browsers.delete(checker);
      await checker.browser.quit();
    }
    assert.deepEqual(looks.faults, []);
  });

  await stage.step("the console", async () => {
    const offices = await enrolled(stage);
    for (const [office, who] of Object.entries(offices)) {
      const paths = [...OFFICES[office]];
      for (const list of DEEPER[office]) {
        await who.go(list.slice(0, -1));
        const first = await who.browser.run((start) => [...document.querySelectorAll("a")].map((one) => one.getAttribute("href")).find((href) => href?.startsWith(start)), list);
        if (first) paths.push(first);
        if (office === "system" && list.includes("review")) await passOn(who, first);
      }
      await looks.each(who, [[1280, 860], [320, 640]], async (language, width) => {
        await who.go(`/console/language/${language}`);
        for (const path of paths) {
          await who.go(path);
          await looks.see(who, `${path.replaceAll("/", "-").slice(1, 24)}-${language}-${width}`);
        }
      });
      stage.browsers.delete(who);
      await who.browser.quit();
    }
    assert.deepEqual(looks.faults, []);
  });

  await stage.step("kiosk and board", async () => {
    for (const use of ["自助取号", "叫号屏"]) {
      const one = await stage.desk(use === "叫号屏" ? "board" : "kiosk");
      await one.browser.go(`${stage.server.address}/kiosk`);
      await one.browser.shown("#pair-code");
      if (use !== "叫号屏") await inBoth(looks, one, "kiosk-pair");
      await one.browser.press(".choices button", use);
      await one.browser.typeByHand("#pair-code", await hallCode(stage, "kiosk"));
      await one.browser.press("form button[type=submit]");
      await until(`the ${use}`, () => one.browser.run(() => ["idle", "board"].includes(document.querySelector("#main").dataset.view)));
      await inBoth(looks, one, use === "叫号屏" ? "board" : "kiosk");
      if (use !== "叫号屏") {
        await one.browser.press("button.huge", "没有手机");
        await one.browser.shown(".matters button");
        await inBoth(looks, one, "kiosk-matters");
        await one.browser.press(".matters button");
        await one.browser.shown(".ticket .no");
        await inBoth(looks, one, "kiosk-number");
      }
      stage.browsers.delete(one);
      await one.browser.quit();
    }
    assert.deepEqual(looks.faults, []);
  });

  await stage.step("the counters and the gate", async () => {
    for (const [scenario, kind, serve] of COUNTERS) {
      const code = kind ? stage.server.pairingCode(scenario, kind) : await hallCode(stage, "desk");
      assert.ok(code, `${scenario} ${kind}`);
      const desk = await stage.desk(scenario);
      if (scenario === "library_loan") {
        await desk.open();
        await desk.waitView("pair");
        await inBoth(looks, desk, "desk-pair");
      }
      await desk.pair(scenario, kind, "周小红", code);
      await inBoth(looks, desk, `desk-${scenario}-${await desk.view()}`);
      if (serve) {
        await desk.hold(await phone.photograph(), () => desk.waitView("serve"));
        await inBoth(looks, desk, `desk-${scenario}-serve`);
        for (const action of await desk.browser.run(() => [...document.querySelectorAll(".actions button")].map((one) => one.textContent.trim()))) {
          if (!(await desk.browser.run((words) => [...document.querySelectorAll(".actions button")].some((one) => one.textContent.trim() === words), action))) break;
          await desk.browser.press(".actions button", `^${action.replace(/[()?]/g, "\\$&")}$`);
          await looks.see(desk, `desk-${scenario}-form`, false);
          await looks.fit(desk, 320, 640);
          await looks.see(desk, `desk-${scenario}-form-320`);
          await looks.fit(desk, 1180, 820);
        }
      }
      stage.browsers.delete(desk);
      await desk.browser.quit();
    }
    assert.deepEqual(looks.faults, []);
  });
});

/** Something on every page: a booking, a calendar, a PIN, a case, a message. Gives the route of a card. */
async function fillPages(phone) {
  const ask = (path, body) => phone.browser.run(async (where, what) => {
    const answer = await fetch(where, { method: "POST", headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }, body: JSON.stringify(what) });
    return [answer.status, await answer.json()];
  }, path, body);
  await ask("/v1/me/calendar", {});
  await ask("/v1/me/pin", { pin: "135246" });
  await ask("/v1/me/cases", { kind: "explain", words: "请说明我的信息用在哪里" });
  await phone.turnTo("things");
  await phone.browser.shown("a.link[href*='do/']");
  const { items } = await phone.ask("/v1/me/certificates");
  return encodeURIComponent(items[0].identifier);
}

/** The phone in a language and a size of letters, on its first screen. */
const dress = (phone, language, size) => phone.browser.run((words, letters) => {
  localStorage.setItem("tongma.language", words);
  localStorage.setItem("tongma.size", letters);
  location.replace("#/");
  location.reload();
}, language, size).then(() => phone.codeShown());

async function settled(phone, filled) {
  await until("the page to be read", () => phone.browser.run((css) => {
    const waiting = [...document.querySelectorAll("#page [role=status]")].some((one) => /^(正在|Reading|Loading)/.test(one.textContent));
    return !waiting && (!css || document.querySelector(css) !== null);
  }, filled));
}

/** A desk or a gate in both languages and at both sizes. */
async function inBoth(looks, one, name) {
  for (const language of ["en", "zh"]) {
    await one.browser.press("#top .pill", language === "en" ? "^English$" : "^中文$");
    for (const [width, height] of [[1280, 860], [320, 640]]) {
      await looks.fit(one, width, height);
      await looks.see(one, `${name}-${language}-${width}`);
    }
  }
  await looks.fit(one, 1180, 820);
}

/** An application of somebody's; gives where it stands. */
async function apply(anybody) {
  await anybody.go("/console/language/zh");
  await anybody.go("/apply");
  const fields = { organisation_zh: "花城书屋", uscc: "91350100M000100Y43", venue_zh: "花城书屋（沙面店）", address: "广州市荔湾区沙面", point_zh: "前台", purpose: "读者凭码借还图书", basis: "读者办证协议" };
  for (const [name, value] of Object.entries(fields)) await anybody.browser.type(`[name=${name}]`, value);
  await anybody.browser.run(() => { document.querySelector("[name=scenario]").value = "library_loan"; });
  await anybody.browser.press("main form button");
  await anybody.browser.shown(".chip", "待审核");
  return new URL(await anybody.browser.addressShown()).pathname;
}

/** Reviewed, so that the other office has something to approve. */
async function passOn(system, path) {
  if (!path) return;
  await system.go("/console/language/zh");
  await system.go(path);
  await system.browser.press("form[action^='/console/review/'] button");
  await system.at("/console/review");
}

async function enrolled(stage) {
  const code = /first security administrator\s+([\d ]{19})/.exec(stage.server.said)?.[1];
  const offices = { system: null, security: await Colleague.open(stage, "security"), audit: null };
  await offices.security.enrol(code, "沈安");
  for (const [office, name] of [["system", "席同"], ["audit", "纪申"]]) {
    const invited = await offices.security.invite(name, office);
    offices[office] = await Colleague.open(stage, office);
    await offices[office].enrol(invited);
  }
  return offices;
}

/** A point of a venue of the test's own. */
async function venueOf(stage, scenario, settings = {}) {
  const name = { name_zh: "演练政务服务中心", name_en: "Drill Service Centre" };
  const { id: organisation } = await stage.server.administer("organisations", name);
  return (await stage.server.administer("venues", { organisation, ...name, scenarios: [scenario], settings, things: {}, state: "open" })).id;
}

async function pointOf(stage) {
  const venue = await venueOf(stage, "library_loan");
  return (await stage.server.administer("points", { venue, name_zh: "前台", name_en: "Front desk", kind: "desk", scenarios: ["library_loan"] })).id;
}

async function hallCode(stage, kind) {
  const venue = await venueOf(stage, "hall_queue", { "hall_queue.opens_min": 0, "hall_queue.last_number_min": 1440 });
  return (await stage.server.administer("points", { venue, name_zh: "一楼东侧", name_en: "Ground floor, east side", kind, scenarios: ["hall_queue"] })).pairing_code;
}

/** Shows the first card; gives the address in its code. */
async function shownCard(phone) {
  const { items } = await phone.ask("/v1/me/certificates");
  await phone.turnTo(`card/${encodeURIComponent(items[0].identifier)}`);
  await phone.browser.press(".show button.main");
  return until("the code", () => phone.browser.run(() => document.querySelector(".show canvas")?.dataset.address));
}
