/** Certificates: the deck, showing one online and with the server stopped, and what somebody else's phone finds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { pause, until } from "./harness/wait.mjs";

/** A card that was shown so long ago is no longer taken for fresh, with a little room. */
const OLD_MS = 65_000;

test("certificates", { timeout: 600_000 }, async (t) => {
  const stage = await Stage.open(t, "certificates");
  const [phone, checker] = await Promise.all([stage.phone("phone"), stage.phone("checker", { width: 360 })]);
  let [licence, shownFirst, takenMs] = [null, "", 0];

  await stage.step("the deck holds what the issuers handed in, drawn in both languages", async () => {
    await phone.signIn("demo-adult");
    await deck(phone, 3);
    await stage.shot(phone, "deck");
    const faces = await phone.browser.run(() => [...document.querySelectorAll(".face-card")].map((face) => face.textContent));
    for (const words of ["居民身份证", "Resident identity card", "机动车驾驶证", "Driving licence", "社会保障卡"])
      assert.ok(faces.some((face) => face.includes(words)), words);
    assert.ok(!faces.some((face) => face.includes("陈晓岚") || face.includes("449902198803129021")), "a face tells no more than it must");
    licence = (await phone.ask("/v1/me/certificates")).items.find(({ kind }) => kind === "driving_licence");
  });

  await stage.step("one is shown, and somebody else's phone finds it valid", async () => {
    await openCard(phone, licence.identifier);
    await stage.shot(phone, "card");
    shownFirst = await showCard(phone);
    takenMs = Date.now();
    await stage.shot(phone, "shown");
    const found = await checked(checker, shownFirst);
    await stage.shot(checker, "checked-good");
    assert.equal(found.verdict, "good");
    assert.match(found.text, /机动车驾驶证/);
    assert.match(found.text, /陈\*\*/);
    assert.doesNotMatch(found.text, /陈晓岚|449902198803129021/);
    assert.equal(await checker.browser.run(() => location.hash), "", "what was shown leaves the address at once");
  });

  await stage.step("numbers in full stand behind two taps", async () => {
    await openCard(phone, licence.identifier);
    const facts = () => phone.browser.text(".facts");
    assert.doesNotMatch(await facts(), /陈晓岚/);
    await phone.browser.press(".reveal");
    assert.doesNotMatch(await facts(), /陈晓岚/);
    await phone.browser.press(".reveal");
    assert.match(await until("the full facts", async () => /陈晓岚/.test(await facts()) && facts()), /449902198803129021/);
  });

  await stage.step("with the server stopped and the browser restarted it is shown all the same", async () => {
    await stage.server.stop();
    await phone.restart();
    await phone.open();
    await phone.codeShown();
    await deck(phone, 3);
    await openCard(phone, licence.identifier);
    const without = await showCard(phone);
    await stage.shot(phone, "shown-without-server");
    assert.notEqual(without, shownFirst);
    await stage.server.again();
    const found = await checked(checker, await newest(phone));
    assert.equal(found.verdict, "good");
  });

  await stage.step("an old picture of it is named for what it is", async () => {
    await pause(Math.max(0, takenMs + OLD_MS - Date.now()));
    const found = await checked(checker, shownFirst);
    await stage.shot(checker, "checked-old");
    assert.equal(found.verdict, "old");
  });

  await stage.step("a changed one is not genuine", async () => {
    const [page, card] = (await newest(phone)).split("#");
    const middle = card.length >> 1;
    const found = await checked(checker, `${page}#${card.slice(0, middle)}${card[middle] === "A" ? "B" : "A"}${card.slice(middle + 1)}`);
    assert.match(found.verdict, /forged|unreadable|foreign/);
  });

  await stage.step("a credential without its holder's proof is genuine and says so", async () => {
    const whole = await phone.browser.run(async () => {
      const { holderKey, publicText } = await import("/assets/citizen/holder-key.js");
      const answer = await fetch(`/v1/me/certificates?holder=${await publicText(await holderKey())}`);
      return (await answer.json()).items.find(({ kind }) => kind === "driving_licence").credentials.sd_jwt;
    });
    await checker.browser.go(`${stage.server.address}/check`);
    await until("the field", () => checker.browser.run(() => document.querySelector("#given") !== null));
    await checker.browser.run((text) => {
      document.querySelector("#given").value = text;
      document.querySelector("form").requestSubmit();
    }, whole);
    assert.equal((await verdict(checker)).verdict, "unbound");
  });

  await stage.step("a suspended one shows so on both phones, and comes back", async () => {
    await stage.server.administer("certificates/state", { identifier: licence.identifier, state: "02", reason: "演示：暂扣" });
    await phone.turnTo("cards");
    await openCard(phone, licence.identifier);
    assert.match(await phone.browser.text("#page .band"), /暂扣/);
    await stage.shot(phone, "suspended");
    const found = await checked(checker, await showCard(phone));
    await stage.shot(checker, "checked-suspended");
    assert.equal(found.verdict, "suspended");
    await stage.server.administer("certificates/state", { identifier: licence.identifier, state: "01" });
    assert.equal((await checked(checker, await newest(phone))).verdict, "good");
  });

  await stage.step("a revoked one is refused, for good", async () => {
    await stage.server.administer("certificates/state", { identifier: licence.identifier, state: "07", reason: "演示：吊销" });
    const found = await checked(checker, await newest(phone));
    assert.equal(found.verdict, "revoked");
    await phone.turnTo("cards");
    await openCard(phone, licence.identifier);
    assert.equal(await phone.browser.run(() => document.querySelector(".show button") === null), true, "nothing to show");
    await assert.rejects(stage.server.administer("certificates/state", { identifier: licence.identifier, state: "01" }), /certificate\.ended/);
  });

  await stage.step("no grave fault of access", async (step) => {
    const source = await axe();
    const grave = [];
    const look = async (one, name) => {
      const found = await audit(one.browser, source);
      for (const line of found.slight) step.diagnostic(`${name}: ${line}`);
      grave.push(...found.grave.map((line) => `${name}: ${line}`));
    };
    await look(phone, "card");
    await phone.turnTo("cards");
    await until("the deck", () => phone.browser.run(() => document.querySelectorAll(".deck .face-card").length > 0));
    await look(phone, "deck");
    await look(checker, "verdict");
    await checker.browser.go(`${stage.server.address}/check`);
    await until("the field", () => checker.browser.run(() => document.querySelector("#given") !== null));
    await stage.shot(checker, "check");
    await look(checker, "check");
    assert.deepEqual(grave, []);
    assert.ok((await checker.browser.run(() => document.scrollingElement.scrollWidth)) <= 360);
  });
});

async function deck(phone, count) {
  await phone.turnTo("cards");
  await until("the deck", () => phone.browser.run((wanted) => document.querySelectorAll(".deck .face-card").length === wanted, count));
}

async function openCard(phone, identifier) {
  await phone.browser.run((hash) => {
    location.hash = "#/cards";
    location.hash = hash;
  }, `#/card/${encodeURIComponent(identifier)}`);
  await until("the certificate", () => phone.browser.run(() => document.querySelector("h1.face-title") !== null && document.querySelector(".show") !== null));
}

/** Presses 亮证; gives the address in the code. */
async function showCard(phone) {
  await phone.browser.press(".show button.main");
  return until("the code", () => phone.browser.run(() => document.querySelector(".show canvas")?.dataset.address));
}

const newest = (phone) => phone.browser.run(() => document.querySelector(".show canvas").dataset.address);

/** Opens an address as a phone's camera would; gives what the page says. */
async function checked(checker, address) {
  await checker.browser.go("about:blank");
  await checker.browser.go(address);
  return verdict(checker);
}

const verdict = (checker) =>
  until("a verdict", () =>
    checker.browser.run(() => {
      const result = document.querySelector(".result");
      return result && { verdict: result.dataset.verdict, text: document.querySelector("main").textContent };
    }),
  );
