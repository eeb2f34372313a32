/** A citizen's passkey: added in the account, then the stronger step of a grant; what it signed for one thing agrees to nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { AUTHENTICATOR } from "./harness/staff.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

test("a citizen's passkey", { timeout: 240_000 }, async (t) => {
  const stage = await Stage.open(t, "passkey", "localhost");
  const [phone, desk] = await Promise.all([stage.phone(), stage.desk()]);
  const authenticator = await phone.browser.command("POST", "webauthn/authenticator", AUTHENTICATOR);
  const source = await axe();
  const look = async (one, name) => {
    await stage.shot(one, name);
    assert.deepEqual((await audit(one.browser, source)).grave, [], name);
    const wide = await one.browser.run(() => document.scrollingElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
  };
  const asks = async (matter) => {
    const shown = await phone.photograph();
    await desk.hold(shown, () => desk.waitView("serve"));
    await desk.browser.run((wanted) => {
      const field = document.querySelector(".form select, .form input[type=radio]");
      if (field.tagName === "SELECT") {
        field.value = wanted;
        field.dispatchEvent(new Event("change", { bubbles: true }));
        field.dispatchEvent(new Event("input", { bubbles: true }));
      } else document.querySelector(`.form input[value=${wanted}]`).click();
    }, matter);
    await desk.browser.press("form.form button[type=submit]");
    await phone.browser.shown("#request_title");
    await desk.waitView("waiting");
  };

  await stage.step("added on the account's page", async () => {
    await phone.signIn("demo-adult");
    await desk.pair("certificate_grant", "Desk", "周敏");
    await phone.turnTo("account");
    await phone.browser.shown("#page nav", "通行密钥");
    await phone.turnTo("passkeys");
    await look(phone, "none");
    await phone.browser.press("#passkey-add");
    await phone.browser.shown("#page .band.good", "已添加");
    await look(phone, "added");
    const { items } = await phone.ask("/v1/me/passkeys");
    assert.equal(items.length, 1);
    assert.equal(items[0].used_ms, null);
  });

  await stage.step("the same authenticator is not added twice", async () => {
    await phone.browser.press("#passkey-add");
    await phone.browser.shown("#passkey-fault", "没有完成验证");
    assert.equal((await phone.ask("/v1/me/passkeys")).items.length, 1);
  });

  await stage.step("it serves as the stronger step; no PIN is set", async () => {
    await asks("residence");
    await phone.browser.shown("#pin-place", "指纹、面容或锁屏密码");
    assert.equal(await phone.browser.run(() => document.querySelector("#pin")), null, "no PIN is asked");
    await look(phone, "asked");
    await phone.browser.press("#agree");
    await phone.browser.shown("#sheet .verdict.good");
    await look(phone, "given");
    await phone.browser.press("#sheet button.main");
    assert.equal((await desk.result()).look, "green");
    await desk.dismiss();
    await desk.waitView("copies");
    await desk.browser.press(".copies .actions button.main");
    await desk.result();
    await desk.dismiss();
    await desk.waitView("ready");
    assert.equal((await phone.ask("/v1/me/pin")).set, false);
    assert.ok((await phone.ask("/v1/me/passkeys")).items[0].used_ms > 0);
  });

  await stage.step("what was signed for some items agrees to no others, and a challenge is good once", async () => {
    await asks("residence");
    const [codes, state] = await phone.browser.run(async () => {
      const { answer, request } = await import("/assets/shared/webauthn.js");
      const post = (path, body) => fetch(path, { method: "POST", headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }, body: JSON.stringify(body) });
      const { items: [question] } = await (await fetch("/v1/me/requests")).json();
      const all = question.matter.items.map(({ id }) => id);
      const needed = question.matter.items.filter(({ required }) => required).map(({ id }) => id);
      const at = `/v1/me/requests/${question.id}`;
      const signed = async () => answer(await navigator.credentials.get({ publicKey: request(await (await post(`${at}/passkey`, { items: needed })).json()) }));
      const told = [];
      const one = await signed();
      for (const items of [all, needed]) told.push((await (await post(at, { decision: "agree", items, passkey: one })).json()).code);
      const other = await signed();
      other.response.signature = one.response.signature;
      told.push((await (await post(at, { decision: "agree", items: needed, passkey: other })).json()).code);
      told.push((await (await post(at, { decision: "agree", items: needed })).json()).code);
      const left = (await (await fetch("/v1/me/requests")).json()).items.length;
      return [told, left];
    });
    assert.deepEqual(codes, ["passkey.other_matter", "passkey.expired", "passkey.invalid", "pin.needed"]);
    assert.equal(state, 1, "the question waits still");
  });

  await stage.step("an authenticator that does not know its owner proves nothing; the question waits", async () => {
    const verified = (yes) => phone.browser.command("POST", `webauthn/authenticator/${authenticator}/uv`, { isUserVerified: yes });
    await verified(false);
    await phone.browser.press("#agree");
    await phone.browser.shown("#pin-fault", "没有完成验证");
    await look(phone, "not-verified");
    await verified(true);
    await phone.browser.press("#agree");
    await phone.browser.shown("#sheet .verdict.good");
    await phone.browser.press("#sheet button.main");
    await desk.result();
    await desk.dismiss();
    await desk.waitView("copies");
  });

  await stage.step("both ways can be chosen once a PIN is set; small and in English", async () => {
    await desk.browser.press(".copies .actions button.main");
    await desk.result();
    await desk.dismiss();
    await desk.waitView("ready");
    await phone.turnTo("pin");
    await phone.browser.type("#pin-new", "135246");
    await phone.browser.type("#pin-again", "135246");
    await phone.browser.press("#page form button");
    await phone.browser.shown("#page .band.good");
    await phone.turnTo("");
    await phone.browser.cdp("Emulation.setDeviceMetricsOverride", { width: 320, height: 568, deviceScaleFactor: 2, mobile: true });
    await phone.browser.run(() => {
      localStorage.setItem("tongma.language", "en");
      localStorage.setItem("tongma.size", "largest");
      location.reload();
    });
    await phone.codeShown();
    await asks("residence");
    await phone.browser.press("#pin-place button", "Use the PIN instead");
    await phone.browser.shown("#pin");
    await look(phone, "pin-instead");
    await phone.browser.press("#pin-place button", "Use a passkey instead");
    await phone.browser.press("#agree");
    await phone.browser.shown("#sheet .verdict.good");
    await phone.browser.press("#sheet button.main");
  });

  await stage.step("taken away again", async () => {
    await phone.turnTo("passkeys");
    await phone.browser.shown("#page li.card button.stop");
    await look(phone, "small-list");
    await phone.browser.press("#page li.card button.stop");
    await phone.browser.press("#sheet button.stop");
    await phone.browser.shown("#page .band.good", "removed");
    await until("the list to be empty", async () => (await phone.ask("/v1/me/passkeys")).items.length === 0);
    const { items } = await phone.ask("/v1/me/log?limit=20");
    const texts = JSON.stringify(items);
    assert.ok(texts.includes("已添加一把通行密钥") && texts.includes("已移除一把通行密钥"), texts);
  });
});
