/**
 * Certificates at a window by one tap: asked by matter, some of it given behind a PIN, looked at as annotated copies, taken back and
 * acknowledged; refused; asked while the app was closed; on a small phone in elder mode and in English.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

const PIN = "135246";
const VENUE = "广州市花都区政务服务中心";

test("certificates at a window", { timeout: 240_000 }, async (t) => {
  const stage = await Stage.open(t, "certificate");
  const [phone, desk] = await Promise.all([stage.phone(), stage.desk()]);
  const source = await axe();
  const look = async (one, name) => {
    await stage.shot(one, name);
    assert.deepEqual((await audit(one.browser, source)).grave, [], name);
  };
  /** The clerk scans the phone and picks a matter; gives how long it took until the phone shows the sheet, in milliseconds. */
  const asks = async (matter, from = phone) => {
    const shown = await from.photograph();
    await desk.hold(shown, () => desk.waitView("serve"));
    await desk.browser.run((wanted) => {
      const field = document.querySelector(".form select, .form input[type=radio]");
      if (field.tagName === "SELECT") {
        field.value = wanted;
        field.dispatchEvent(new Event("change", { bubbles: true }));
        field.dispatchEvent(new Event("input", { bubbles: true }));
      } else document.querySelector(`.form input[value=${wanted}]`).click();
    }, matter);
    const began = Date.now();
    await desk.browser.press("form.form button[type=submit]");
    await from.browser.shown("#request_title");
    await desk.waitView("waiting");
    return Date.now() - began;
  };

  await stage.step("phone and window are ready", async () => {
    await phone.signIn("demo-adult");
    await desk.pair("certificate_grant", "Desk", "周敏");
    await look(desk, "ready");
  });

  await stage.step("the phone shows who, where, which clerk, what, why and how long", async (step) => {
    const took = await asks("residence");
    step.diagnostic(`from the clerk's press to the sheet on the phone: ${took} ms, as seen through two browsers' drivers`);
    const sheet = await phone.browser.text("#sheet");
    for (const part of [VENUE, "3 号窗口", "周敏", "居住证办理", "居民身份证", "公民身份号码", "365 天", "制证的公安机关"]) assert.ok(sheet.includes(part), `${part} is missing in: ${sheet}`);
    await look(phone, "asked");
    await look(desk, "waits");
  });

  await stage.step("some is given, behind a PIN that is set on the way", async () => {
    await phone.browser.run(() => document.querySelector("#item-claim-phone").click());
    assert.match(await phone.browser.text("#agree"), /授权所选/);
    await phone.browser.press("#agree");
    await phone.browser.shown("#pin-fault", "6 位");
    await phone.browser.type("#pin", PIN);
    await phone.browser.type("#pin-again", PIN);
    await look(phone, "some-and-pin");
    await phone.browser.press("#agree");
    await until("what became of it", () => phone.browser.text("#sheet .verdict"));
    await look(phone, "given");
    await phone.browser.press("#sheet button.main");
  });

  await stage.step("the window sees annotated copies and no more", async () => {
    const result = await desk.result();
    await stage.shot(desk, "granted");
    assert.equal(result.look, "green", JSON.stringify(result));
    await desk.dismiss();
    await desk.waitView("copies");
    await desk.browser.shown(".copies article.copy", "陈晓岚");
    const copies = await desk.browser.text(".copies");
    for (const part of ["仅供", VENUE, "居住证办理", "凭据 R"]) assert.ok(copies.includes(part), `${part} is missing in: ${copies}`);
    const { items } = await phone.ask("/v1/me/grants");
    assert.equal(items[0].kept_back.at(-1).zh, "手机号码");
    assert.ok(copies.includes(items[0].receipt.number), "both have the same number");
    await look(desk, "copies");
    await desk.browser.press("#top .pill", "English");
    await look(desk, "copies-en");
    await desk.browser.press("#top .pill", "中文");
  });

  await stage.step("closed: the copies are gone", async () => {
    await desk.browser.press(".copies .actions button.main");
    assert.equal((await desk.result()).look, "green");
    await desk.dismiss();
    await desk.waitView("ready");
  });

  await stage.step("taken back on the phone, acknowledged at the window", async () => {
    await phone.turnTo("grants");
    await phone.browser.shown("#page li.card", "居住证办理");
    await look(phone, "grants");
    await phone.browser.press("#page li.card button.stop");
    await phone.browser.shown("#page .band.good");
    await stage.shot(phone, "withdrawn");
    await desk.browser.press("#top .pill", "English");
    await desk.browser.shown(".listed li");
    await look(desk, "told");
    await desk.browser.press(".listed li button");
    assert.equal((await desk.result()).look, "green");
    await desk.dismiss();
    await until("the phone to know", async () => (await phone.ask("/v1/me/grants")).items[0].state === "acknowledged");
    await desk.browser.press("#top .pill", "中文");
  });

  await stage.step("refused as easily: the window sees a result", async () => {
    await asks("social_security");
    await phone.browser.press("#decide button:first-child");
    await phone.browser.shown("#sheet .verdict.ask");
    await stage.shot(phone, "refused");
    await phone.browser.press("#sheet button.main");
    const result = await desk.result();
    assert.equal(result.look, "amber", JSON.stringify(result));
    await stage.shot(desk, "refused");
    await desk.dismiss();
    await desk.browser.press("button", "办完");
    await desk.waitView("ready");
  });

  await stage.step("closed and opened again while asked: the question is there", async () => {
    await asks("social_security");
    await phone.restart();
    await phone.open();
    await phone.codeShown();
    await phone.browser.shown("#request_title");
    assert.match(await phone.browser.text("#sheet"), /社保医保/);
    await phone.browser.press("#decide button:first-child");
    await phone.browser.shown("#sheet .verdict.ask");
    await desk.result();
    await desk.dismiss();
    await desk.browser.press("button", "办完");
    await desk.waitView("ready");
    await phone.browser.quit();
    stage.browsers.delete(phone);
  });

  await stage.step("a small phone, English, the largest letters", async () => {
    const small = await stage.phone("small", { width: 320, height: 568 });
    await small.signIn("demo-student");
    await small.browser.run(() => {
      localStorage.setItem("tongma.language", "en");
      localStorage.setItem("tongma.size", "largest");
      location.reload();
    });
    await small.codeShown();
    await asks("student", small);
    await look(small, "small");
    const wide = await small.browser.run(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
    const sheet = await small.browser.run(() => document.querySelector("#sheet").scrollWidth - document.querySelector("#sheet").clientWidth);
    assert.ok(sheet <= 0, `the sheet is ${sheet} pixels too wide`);
    await small.browser.press("#agree");
    await small.browser.shown("#sheet .verdict");
    await look(small, "small-given");
    await small.browser.press("#sheet button.main");
    await small.turnTo("grants");
    await small.browser.shown("#page li.card");
    await look(small, "small-grants");
  });
});
