/** People for people, through the real pages: delegates and guardians, codes shown for somebody else, paper, and a look-up before a witness. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

const PAGES = ["family", "family/invite", "papers"];
const resting = (phone) => until("the page to be filled", () => phone.browser.run(() => !/…|Loading|正在/.test(document.querySelector("#page [role=status]")?.textContent ?? "")));

/** Opens a page anew, also when it is the one that is shown. */
const visit = async (phone, page) => {
  await phone.turnTo("account");
  await phone.turnTo(page);
  await resting(phone);
};

test("people act for people, from invitation to end", { timeout: 420_000 }, async (t) => {
  const stage = await Stage.open(t, "people");
  const elder = await stage.phone("elder");
  const parent = await stage.phone("parent");
  const desk = await stage.desk();
  const source = await axe();
  const provider = /sign-in +(\S+)/.exec(stage.server.said)[1];
  let code;

  await stage.step("the pages are linked from the account page, and say when there is nothing", async () => {
    await elder.signIn("demo-elder");
    await elder.turnTo("account");
    await elder.browser.press(".links a", "家人与代办");
    await elder.browser.shown("#page p.card", "现在没有");
    await stage.shot(elder, "family-none");
  });

  await stage.step("an elder invites somebody for the library alone", async () => {
    await elder.browser.press("#page a.button", "请人代我办事");
    await elder.browser.press("label.pick", "只办选中的事项");
    await elder.browser.press("button[type=submit]", "生成邀请码");
    await elder.browser.shown(".fault", "请至少选一项");
    await elder.browser.press("label.pick", "图书馆扫码借阅");
    await elder.browser.press("label.pick", "30 天");
    await stage.shot(elder, "invite");
    await elder.browser.press("button[type=submit]", "生成邀请码");
    code = (await until("the invitation code", () => elder.browser.text("#invitation_code"))).replace(/\D/g, "");
    assert.equal(code.length, 12);
    await stage.shot(elder, "invitation");
  });

  await stage.step("the delegate sees what it offers before accepting", async () => {
    await parent.signIn("demo-parent");
    await visit(parent, "family");
    await parent.browser.shown("#page li.card", /林\*\*.*满 14 岁（2030年9月8日）.*满 18 岁（2034年9月8日）自动结束/s);
    await stage.shot(parent, "guardian");
    await parent.browser.type("#invitation", code.slice(0, 11));
    await parent.browser.press("#take button[type=submit]");
    await parent.browser.shown("#invitation-fault", "12 位数字");
    await parent.browser.type("#invitation", code);
    await parent.browser.press("#take button[type=submit]");
    await parent.browser.shown("#sheet", /代 黄\*\* 办事.*图书馆扫码借阅/s);
    await stage.shot(parent, "offer");
    await parent.browser.press("#sheet .pair button.main", "接受");
    await parent.browser.shown("#page li.card", /黄\*\*/);
    await elder.browser.shown("#page .band.good", "对方已接受");
    await visit(elder, "family");
    await elder.browser.shown("#page li.card", /林\*\*.*受托人.*图书馆扫码借阅/s);
    await stage.shot(elder, "delegate");
  });

  await stage.step("another's code is shown, and says so", async () => {
    await parent.browser.press("#page li.card button", /亮 黄\*\* 的码/);
    await parent.codeShown();
    await until("the words whose code it is", async () => (await parent.browser.text("#whose"))?.includes("代 黄** 亮码"));
    await stage.shot(parent, "for-another");
  });

  await stage.step("one tap ends it: the delegate's phone drops the code by itself", async () => {
    await visit(elder, "family");
    await elder.browser.press("#page li.card button.stop", "结束代办");
    await elder.browser.shown("#page .band.good", "已结束");
    await stage.shot(elder, "ended");
    await until("the words to go", async () => (await parent.browser.text("#whose")) === null, 40_000);
    const [tickets, actor] = await parent.browser.run(async () => {
      const asked = await new Promise((done) => { const open = indexedDB.open("tongma", 1); open.onsuccess = () => done(open.result); });
      const kept = await new Promise((done) => { const get = asked.transaction("kept").objectStore("kept").get("tickets"); get.onsuccess = () => done(get.result); });
      return [[...new Set(kept.map((ticket) => ticket.actor))].length, document.querySelector("#whose").hidden];
    });
    assert.equal(tickets, 2, "one's own and the child's");
    assert.ok(actor);
    await visit(parent, "family");
    assert.ok(!(await parent.browser.text("#page"))?.includes("黄**"));
  });

  await stage.step("a youth is asked before a guardian stands, and may say no", async () => {
    const youth = await stage.phone("youth");
    await youth.signIn("demo-youth");
    const named = { guardian: { provider, subject: "demo-adult" }, ward: await wardOf(stage, youth) };
    await stage.server.administer("guardians", { ...named, consented: false });
    await visit(youth, "family");
    await youth.browser.shown("#page .band.ask", "申请登记为您的监护人");
    await stage.shot(youth, "youth-asked");
    await youth.browser.press("#page li.card .pair button", "不同意");
    await youth.browser.shown("#page .band.good", "已结束");
    await stage.server.administer("guardians", { ...named, consented: false });
    await visit(youth, "family");
    await youth.browser.press("#page li.card .pair button.main", "同意");
    await youth.browser.shown("#page li.card", /监护人.*14 至 17 岁.*2028年4月21日/s);
    assert.ok(!(await youth.browser.text("#page li.card"))?.includes("结束代办"), "guardianship is the registry's");
    await stage.shot(youth, "youth-agreed");
  });

  await stage.step("a paper code is made, seen once, listed, and stopped with one tap", async () => {
    await visit(elder, "papers");
    await elder.browser.shown("#page p.card", "还没有纸质码");
    await elder.browser.type("#paper_pin", "12");
    await elder.browser.press("#new_paper button[type=submit]");
    await elder.browser.shown("#paper-pin-fault", "4 到 8 位");
    await elder.browser.type("#paper_pin", "2580");
    await stage.shot(elder, "paper-form");
    await elder.browser.press("#new_paper button[type=submit]");
    await elder.browser.shown(".paper-sheet img");
    await until("the code to be drawn", () => elder.browser.run(() => document.querySelector(".paper-sheet img").naturalWidth > 0));
    await stage.shot(elder, "paper-made");
    await elder.browser.press("#page button", "打印好了");
    await elder.browser.shown("#page li.card .chip.good", "可用");
    await stage.shot(elder, "paper-listed");
    await elder.browser.press("#page li.card button.stop", "停用");
    await elder.browser.shown("#page .band.good", "已停用");
    await visit(elder, "papers");
    await elder.browser.shown("#page li.card .chip", "已停用");
  });

  await stage.step("staff find an elder without a phone by her document, before a witness", async () => {
    await desk.pair("library_loan", "Desk", "王工");
    await desk.browser.press("#assist");
    await desk.waitView("assist");
    await desk.browser.typeByHand("#assist-number", "1101");
    await desk.browser.press("form button[type=submit]", "查找");
    await desk.browser.shown("#assist-fault", "完整的证件号码");
    await desk.browser.run(() => { document.querySelector("#assist-number").value = ""; });
    await desk.browser.typeByHand("#assist-number", residentNumber("449942", "19400101", "942"));
    await desk.browser.type("#assist-witness", "王工");
    await desk.browser.press("form button[type=submit]", "查找");
    await desk.browser.shown("#assist-fault", "不能是经办人自己");
    await desk.browser.type("#assist-witness", "李主任");
    await desk.browser.press("form button[type=submit]", "查找");
    await desk.browser.shown("#assist-fault", "核对证件原件");
    await desk.browser.press("#assist-seen");
    await stage.shot(desk, "assist");
    assert.deepEqual((await audit(desk.browser, source)).grave, []);
    await desk.browser.press("form button[type=submit]", "查找");
    await desk.waitView("serve");
    await desk.browser.shown(".person", /梁\*\*.*已有人见证/);
    assert.ok(!(await desk.browser.text("#main")).includes("阿婆"), "the name is masked");
    await stage.shot(desk, "assisted");
  });

  await stage.step("a paper code is printed for her, on A4 and on A6, and a scanner reads it", async () => {
    await desk.browser.press("details summary", "打印纸质码");
    await desk.browser.press("details button", "打印纸质码");
    await desk.waitView("paper");
    await stage.shot(desk, "paper-form");
    await desk.browser.press("form button[type=submit]", "生成纸质码");
    await desk.browser.shown(".paper-sheet img");
    await until("the code to be drawn", () => desk.browser.run(() => document.querySelector(".paper-sheet img").naturalWidth > 0));
    assert.deepEqual((await audit(desk.browser, source)).grave, []);
    await stage.shot(desk, "paper");
    const text = await printed(stage, desk);
    assert.match(text, /^86\d{220}$/);
    await desk.browser.press("#paper-printed");
    await desk.waitView("serve");
    await desk.browser.press("button", "办完，下一位");
    await desk.waitView("ready");
    await desk.wedge(text, async () => (await desk.view()) === "serve");
    await desk.browser.shown(".person", /梁\*\*.*纸质码：请核对身份证件/);
    await stage.shot(desk, "paper-read");
    assert.deepEqual((await audit(desk.browser, source)).grave, []);
    await desk.browser.press("details summary", "打印纸质码");
    await desk.browser.press("details button.stop", "停用");
    await desk.browser.shown("#toast", "已停用");
    await desk.browser.press("button", "办完，下一位");
    await desk.waitView("ready");
    await desk.wedge(text, () => desk.resultCame());
    const refused = await desk.result();
    assert.equal(refused.code, "paper.stopped");
    assert.match(refused.all, /窗口换一张/);
    await desk.dismiss();
  });

  await stage.step("a code shown for somebody else says so at the desk", async () => {
    await elder.turnTo("family");
    await visit(elder, "family/invite");
    await elder.browser.press("button[type=submit]", "生成邀请码");
    const given = (await until("the invitation code", () => elder.browser.text("#invitation_code"))).replace(/\D/g, "");
    await visit(parent, "family");
    await parent.browser.type("#invitation", given);
    await parent.browser.press("#take button[type=submit]");
    await parent.browser.press("#sheet .pair button.main", "接受");
    await parent.browser.press("#page li.card button", /亮 黄\*\* 的码/);
    await parent.codeShown();
    await until("the words whose code it is", async () => (await parent.browser.text("#whose"))?.includes("代 黄** 亮码"));
    const picture = await photographed(parent);
    await desk.hold(picture, () => desk.waitView("serve"));
    await desk.browser.shown(".person", /黄\*\*.*林\*\*（受托人）代 黄\*\*/);
    await stage.shot(desk, "for-another-desk");
    await desk.browser.press("button", "办完，下一位");
  });

  await stage.step("a guardian books the museum for a child, who has it in their own name", async () => {
    await visit(parent, "family");
    await parent.browser.press("#page li.card button", /替 林\*\* 办事/);
    await parent.browser.press("#page a.link", /博物馆扫码进馆 · 预约/);
    await parent.browser.shown("#for_whom");
    const chosen = await parent.browser.run(() => document.querySelector("#for_whom input:checked").closest("label").textContent);
    assert.match(chosen, /林\*\*（我代办）/);
    await parent.browser.press(".sessions button:not([disabled])");
    await parent.browser.press("#page form button[type=submit]");
    await parent.browser.shown("#sheet", /未满14岁须有成人同行/);
    await parent.browser.press("#sheet button", "好的");
    await parent.browser.press(".stepper button", /\+/);
    await stage.shot(parent, "book-for-child");
    await parent.browser.press("#page form button[type=submit]");
    await parent.browser.shown("#sheet .verdict.good");
    await stage.shot(parent, "booked-for-child");
    await parent.browser.press("#sheet button", "好的");
    const own = await parent.ask("/v1/me/things?kind=booking");
    assert.equal(own.items.length, 0, "it is not the guardian's");
    const log = await until("both logs to say so", async () => {
      const { items } = await parent.ask("/v1/me/log?limit=20");
      return items.find(({ text }) => text.zh.includes("代人办理"));
    });
    assert.match(log.text.zh, /广东省博物馆/);
    const child = await stage.phone("child");
    await child.signIn("demo-child");
    const theirs = await until("the booking", async () => (await child.ask("/v1/me/things?kind=booking")).items[0]);
    assert.equal(theirs.scenario, "museum_entry");
  });

  await stage.step("every page is free of grave faults, also narrow, large and in English", async () => {
    for (const [language, size, width] of [["zh", "", 390], ["zh", "largest", 320], ["en", "largest", 320]]) {
      await parent.browser.cdp("Emulation.setDeviceMetricsOverride", { width, height: 800, deviceScaleFactor: 2, mobile: true });
      await parent.browser.run((wanted) => { document.documentElement.dataset.size = wanted; }, size);
      if (language === "en") {
        await parent.turnTo("settings");
        await parent.browser.press("label.pick", "English");
        await parent.browser.run((wanted) => { document.documentElement.dataset.size = wanted; }, size);
      }
      for (const page of PAGES) {
        await visit(parent, page);
        const { grave } = await audit(parent.browser, source);
        assert.deepEqual(grave, [], `${page} ${language} ${width}`);
        const over = await parent.browser.run(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${page} is ${over} px too wide at ${width} px`);
        await stage.shot(parent, `${page.replace("/", "-")}-${language}-${width}`);
      }
    }
  });
});

/** A picture of the code that is on the screen now, early in its step, without turning to another page first. */
async function photographed(phone) {
  await until("a code early in its step", () => phone.browser.run(() => document.documentElement.dataset.state === "ready" && Number(document.querySelector("#count").textContent) >= 8));
  return phone.browser.picture();
}

/** Lays the sheet out as a printer does, on A6 and on A4, keeps both, and reads the code that the sheet carries. */
async function printed(stage, desk) {
  const { browser } = desk;
  const size = { deviceScaleFactor: 2, mobile: false };
  await browser.cdp("Emulation.setEmulatedMedia", { media: "print" });
  await browser.run(() => document.documentElement.classList.add("printing-paper"));
  for (const [name, width, height, least] of [["a4", 733, 1062, 450], ["a6", 336, 499, 270]]) {
    await browser.cdp("Emulation.setDeviceMetricsOverride", { ...size, width, height });
    await until(`the code to be as large as ${name} allows, and all of it on one sheet`, () => browser.run((wide, high) => {
      const [sheet, code] = [".paper-sheet", ".paper-sheet img"].map((css) => document.querySelector(css));
      return code.getBoundingClientRect().width >= wide && sheet.scrollHeight <= high;
    }, least, height));
    await stage.shot(desk, `printed-${name}`);
  }
  await browser.run(() => document.documentElement.classList.remove("printing-paper"));
  await browser.cdp("Emulation.setEmulatedMedia", { media: "" });
  await browser.cdp("Emulation.clearDeviceMetricsOverride");
  // What a camera reads from the printed picture: the same reader as the desk's own.
  return browser.run(async () => {
    const image = document.querySelector(".paper-sheet img");
    const canvas = new OffscreenCanvas(900, 900);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, 900, 900);
    pen.drawImage(image, 50, 50, 800, 800);
    const frame = canvas.transferToImageBitmap();
    const worker = new Worker("/assets/shared/qr-worker.js", { type: "module" });
    return new Promise((done) => {
      worker.onmessage = ({ data }) => {
        if (data.ready) worker.postMessage({ id: 1, frame }, [frame]);
        else done(data.text ?? "");
      };
      worker.postMessage({ load: "/assets/wasm/desk.wasm" });
    });
  });
}

/** The youth's document: of the demo, whose numbers are made from region, birth and order. */
const wardOf = async () => ({ document_kind: "resident_id", document_number: residentNumber("449913", "20100421", "913") });

/** GB 11643-1999: the check character over seventeen digits. */
function residentNumber(region, birth, order) {
  const body = `${region}${birth}${order}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, place) => total + weight * Number(body[place]), 0);
  return body + "10X98765432"[sum % 11];
}
