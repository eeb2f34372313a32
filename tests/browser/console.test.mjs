/** The console through real pages and passkeys: three offices, a venue from its application to its first code, a look-up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";
import { Colleague } from "./harness/staff.mjs";

/** From applying to the first scanned code a venue may take so long. */
const FIRST_SCAN_S = 600;
/** A page of each office, and what is asked of the others there. */
const PAGES = {
  system: ["/console/review", "/console/venues", "/console/points", "/console/templates", "/console/people", "/console/cases"],
  security: ["/console/approve", "/console/unmask", "/console/staff", "/console/keys"],
  audit: ["/console/acts", "/console/audit", "/console/oddities"],
};
/** A homestay that is in order. */
const HOUSE = {
  organisation_zh: "沙湾水乡民宿", uscc: "91350100M000100Y43", venue_zh: "沙湾水乡民宿（紫坭店）", address: "广州市番禺区紫坭村", point_zh: "前台",
  purpose: "登记入住客人", basis: "旅馆业治安管理办法", registration: "穗番宿备 2026-0007", registration_until: "2029-12-31", rooms: "12", floors: "3", area_m2: "500",
  yueshangtong: "粤商通 2026-0007", yueshangtong_until: "2029-12-31",
};
const PUBLIC = ["/apply", "/console/sign-in", "/console/enrol"];

test("the console", { timeout: 420_000 }, async (t) => {
  const stage = await Stage.open(t, "console");
  const offices = {};
  let first;

  await stage.step("three people enrol their passkeys, one office each", async () => {
    first = /first security administrator\s+([\d ]{19})/.exec(stage.server.said)?.[1];
    assert.ok(first, "the server prints the first code");
    offices.security = await Colleague.open(stage, "security");
    await offices.security.go("/console");
    await offices.security.at("/console/sign-in");
    await stage.shot(offices.security, "sign-in");
    await offices.security.enrol(first, "沈安");
    for (const [office, name] of [["system", "席同"], ["audit", "纪申"]]) {
      const code = await offices.security.invite(name, office);
      if (office === "system") await stage.shot(offices.security, "invited");
      offices[office] = await Colleague.open(stage, office);
      await offices[office].enrol(code);
    }
    await offices.security.signOut();
    await offices.security.signIn();
    await stage.shot(offices.security, "security-overview");
  });

  await stage.step("an authenticator that verifies nobody is not let in", async () => {
    const stranger = await Colleague.open(stage, "stranger");
    await stranger.go("/console/enrol");
    await stranger.browser.type("[name=code]", first);
    await stranger.browser.press("form[data-passkey] button");
    await stranger.browser.shown(".fault", "邀请码不对");
    await stranger.go("/console/sign-in");
    await stranger.browser.press("form[data-passkey] button");
    await stranger.browser.shown(".fault", "没有完成验证|没有登记");
    assert.equal(await stranger.status("/console"), 0, "sent to the sign-in");
  });

  await stage.step("every office opens its own pages and no other's", async () => {
    for (const [office, who] of Object.entries(offices)) {
      await who.go("/console");
      for (const [owner, paths] of Object.entries(PAGES)) {
        for (const path of paths) assert.equal(await who.status(path), owner === office ? 200 : 403, `${path} by ${office}`);
      }
      assert.equal(await who.status("/console/staff", "POST"), office === "security" ? 404 : 403, `inviting by ${office}`);
    }
  });

  await stage.step("a venue applies, two people approve it, and its first code is scanned", async (step) => {
    const seconds = await fromApplicationToScan(stage, offices);
    step.diagnostic(`from the application to the first scanned code: ${seconds.toFixed(1)} s; the bar is ${FIRST_SCAN_S}`);
    assert.ok(seconds < FIRST_SCAN_S, `${seconds} s`);
  });

  await stage.step("a homestay that is too large is refused with the rule named; one in order comes in", async () => {
    const applicant = await Colleague.open(stage, "host", { width: 900, height: 1000 });
    const fill = async (fields) => {
      await applicant.go("/apply");
      for (const [name, value] of Object.entries({ ...HOUSE, ...fields })) await applicant.browser.type(`[name=${name}]`, value);
      await applicant.browser.run(() => { document.querySelector("[name=scenario]").value = "homestay_stay"; });
      await applicant.browser.press("main form button");
    };
    await fill({ rooms: "15" });
    await applicant.browser.shown(".notice.bad", "15 间客房，超过民宿上限 14");
    await stage.shot(applicant, "homestay-too-large");
    assert.equal(await applicant.browser.run(() => document.querySelector("[name=registration]").value), HOUSE.registration, "nothing has to be typed twice");
    await fill({ yueshangtong_until: "2020-01-01" });
    await applicant.browser.shown(".notice.bad", "粤商通");
    await fill({});
    await applicant.browser.shown(".chip", "待审核");
    const { system, security } = offices;
    await system.go("/console/review");
    await system.browser.press("td a", HOUSE.venue_zh);
    await system.browser.shown("dd", HOUSE.registration);
    await stage.shot(system, "homestay-review");
    await system.browser.press("form[action^='/console/review/'] button");
    await system.at("/console/review");
    await security.go("/console/approve");
    await security.browser.press("td a", HOUSE.venue_zh);
    await security.browser.press("form[action^='/console/approve/'] button");
    await security.at("/console/approve");
    await applicant.browser.press("form[action$='/code'] button", "", 15_000);
    await applicant.browser.shown(".code");
  });

  await stage.step("whoever is looked up reads who did and why", async () => {
    const { system, security } = offices;
    const phone = [...stage.browsers].find(({ label }) => label === "phone");
    const number = "H09999991"; // as the demo enrols the person whose phone it is
    await system.go("/console/people");
    await system.browser.run((value) => { document.querySelector("[name=kind]").value = value; }, "hong_kong_macao_permit");
    await system.browser.type("[name=number]", number);
    await system.browser.type("[name=reason]", "本人来电，核对手机");
    await system.browser.press("main form button");
    await system.browser.shown("h2", "李\\*\\*");
    await stage.shot(system, "person");
    const page = await system.browser.run(() => document.body.textContent);
    assert.ok(!page.includes(number) && !page.includes("李嘉怡"), "masked");
    const { items } = await phone.ask("/v1/me/log");
    const line = items.find(({ kind }) => kind === "staff_read");
    assert.match(JSON.stringify(line), /本人来电，核对手机/);
    await phone.turnTo("log");
    await phone.browser.shown("#page", "本人来电，核对手机");
    await stage.shot(phone, "log");
    await system.browser.press("form[action='/console/people/ask'] button");
    await system.browser.shown(".chip", "待同意");
    await security.go("/console/unmask");
    await security.browser.shown("h2", "本人来电");
    await stage.shot(security, "unmask");
    await security.browser.press("form[action^='/console/unmask/'] button");
    await security.browser.shown(".chip", "已同意");
    await system.go("/console/people");
    await system.browser.press("form[action^='/console/people/see/'] button");
    await system.browser.shown("dd", "李嘉怡");
  });

  await stage.step("what a person demands is answered by the office that helps people, and the answer reaches them", async () => {
    const { system } = offices;
    const phone = [...stage.browsers].find(({ label }) => label === "phone");
    const demand = (kind, words) => phone.browser.run(async (body) => {
      const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
      return (await fetch("/v1/me/cases", { method: "POST", headers, body: JSON.stringify(body) })).status;
    }, { kind, words });
    assert.equal(await demand("correct", "请把我的手机号改成新号"), 200);
    assert.equal(await demand("delete", "请删除去年的预约记录"), 200);
    await until("both in the office's list", async () => {
      await system.go("/console/cases");
      return (await system.browser.run(() => document.querySelectorAll("td a").length)) >= 2;
    });
    await stage.shot(system, "cases");
    await system.browser.press("td a", "更正信息");
    await system.browser.shown("dd", "请把我的手机号改成新号");
    const page = await system.browser.run(() => document.body.textContent);
    assert.ok(page.includes("李**") && !page.includes("李嘉怡"), "masked");
    await system.browser.press("main form button[value=yes]");
    await system.browser.shown(".notice.bad", "写清楚");
    await system.go("/console/cases");
    await system.browser.press("td a", "更正信息");
    await system.browser.type("[name=words]", "已更正，请到手机页核对");
    await stage.shot(system, "case");
    await system.browser.press("main form button[value=yes]");
    await system.at("/console/cases");
    const text = await system.browser.run(() => document.querySelector("main").textContent);
    assert.ok(!text.includes("更正信息") && text.includes("删除信息"), "only the open one is listed");
    const { items } = await phone.ask("/v1/me/messages");
    assert.ok(items.some((message) => JSON.stringify(message).includes("您的个人信息请求已办理")), JSON.stringify(items[0]));
    await phone.turnTo("cases");
    await phone.browser.shown("#page", "已更正，请到手机页核对");
    await stage.shot(phone, "case-answered");
  });

  await stage.step("the audit office reads what was done, and changes nothing", async () => {
    const { audit: reader } = offices;
    await reader.go("/console/acts?find=person");
    await reader.browser.shown("td", "本人来电");
    await stage.shot(reader, "acts");
    await reader.go("/console/audit");
    await reader.browser.press("main form button");
    await reader.browser.shown(".notice.good", "没有一条被改过");
    await stage.shot(reader, "check");
  });

  await stage.step("no fault of access, in both languages and sizes", async () => {
    assert.deepEqual(await faults(stage, offices), []);
  });
});

/** Fills in the page, has it reviewed and approved, pairs a desk and scans a phone; gives the seconds. */
async function fromApplicationToScan(stage, { system, security }) {
  const phone = await stage.phone("phone");
  await phone.signIn("demo-hongkong");
  const desk = await stage.desk("new-desk");
  const applicant = await Colleague.open(stage, "applicant", { width: 900, height: 1000 });
  const begun = Date.now();
  await applicant.go("/apply");
  await stage.shot(applicant, "apply");
  const fields = { organisation_zh: "花城书屋", uscc: "91350100M000100Y43", venue_zh: "花城书屋（沙面店）", address: "广州市荔湾区沙面", point_zh: "前台", purpose: "读者凭码借还图书", basis: "读者办证协议" };
  for (const [name, value] of Object.entries(fields)) await applicant.browser.type(`[name=${name}]`, value);
  await applicant.browser.run(() => { document.querySelector("[name=scenario]").value = "library_loan"; });
  await applicant.browser.press("main form button");
  await applicant.browser.shown(".chip", "待审核");
  await system.go("/console/review");
  await stage.shot(system, "review-list");
  await system.browser.press("td a", "花城书屋");
  await system.browser.shown("dd", "校验位正确");
  await stage.shot(system, "review");
  await system.browser.press("form[action^='/console/review/'] button");
  await system.at("/console/review");
  await security.go("/console/approve");
  await security.browser.press("td a", "花城书屋");
  await security.browser.press("form[action^='/console/approve/'] button");
  await security.at("/console/approve");
  await applicant.browser.press("form[action$='/code'] button", "", 15_000);
  await applicant.browser.shown(".code");
  await stage.shot(applicant, "pairing-code");
  const code = await applicant.browser.text(".code");
  await desk.open();
  await desk.waitView("pair");
  await desk.browser.typeByHand("#pair-code", code);
  await desk.browser.press("form button[type=submit]");
  await desk.waitView("shift");
  await desk.browser.type("#shift-name", "小林");
  await desk.browser.press("input[name=scenario][value=library_loan]");
  await desk.browser.press("form button[type=submit]");
  await desk.waitView("ready");
  await desk.cameraOn();
  await desk.hold(await phone.photograph(), () => desk.waitView("serve"));
  const seconds = (Date.now() - begun) / 1000;
  await stage.shot(desk, "first-scan");
  return seconds;
}

/** Every page of everybody: what axe finds, and what is wider than the screen. */
async function faults(stage, offices) {
  const source = await axe();
  const found = [];
  const looks = [["zh", 1280, 860], ["en", 1280, 860], ["zh", 320, 640], ["en", 320, 640]];
  for (const [office, who] of Object.entries(offices)) {
    for (const [language, width, height] of looks) {
      await who.browser.cdp("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
      await who.go(`/console/language/${language}`);
      for (const path of ["/console", ...PAGES[office], ...(office === "audit" ? PUBLIC : [])]) {
        await who.go(path);
        const { grave, slight } = await audit(who.browser, source);
        found.push(...[...grave, ...slight].map((line) => `${path} ${language} ${width}: ${line}`));
        const wide = await who.browser.run(() => document.scrollingElement.scrollWidth - innerWidth);
        if (wide > 0) found.push(`${path} ${language} ${width}: ${wide} pixels too wide`);
        if (language === "en" || width === 320) await stage.shot(who, `${width}-${language}-${path.replaceAll("/", "-").slice(1)}`);
      }
    }
  }
  return found;
}
