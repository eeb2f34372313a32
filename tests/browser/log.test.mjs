/** The log to the full: a refusal is seen at once, a receipt is checked offline, a complaint is answered, a copy taken, the account closed. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { audit, axe } from "./harness/axe.mjs";
import { Stage } from "./harness/stage.mjs";
import { until } from "./harness/wait.mjs";

/** What the log promises. */
const SEEN_MS = 5000;
const TOOL = new URL("../../tools/check_receipt.py", import.meta.url).pathname;
const PAGES = ["log", "messages", "texts", "cases", "copy", "closing"];

const administer = async (server, path, body) => {
  const token = (await readFile(join(server.data, "admin.token"), "utf8")).trim();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  const answer = await fetch(`${server.address}/v1/admin/${path}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
};

/** Asks for a renewal of something that was never lent: the app's own route, refused. */
const refusedDeed = async () => {
  const { items } = await (await fetch("/v1/me/venues?limit=100")).json();
  const venue = items.find(({ scenarios }) => scenarios.some(({ id }) => id === "library_loan"));
  const body = JSON.stringify({ scenario: "library_loan", venue: venue.id, action: "renew", input: { item: "0000000" } });
  const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  return (await fetch("/v1/me/actions", { method: "POST", headers, body })).status;
};

test("the citizen's log", { timeout: 300_000 }, async (t) => {
  const stage = await Stage.open(t, "log");
  const phone = await stage.phone();
  let proof;

  await stage.step("a refusal is in the log within five seconds", async () => {
    await phone.signIn("demo-student");
    const asked = Date.now();
    const status = await phone.browser.run(refusedDeed);
    assert.ok(status >= 400, `it was not refused: ${status}`);
    await phone.turnTo("log");
    await phone.browser.shown("#page li.entry .chip.bad", "未办成");
    const took = Date.now() - asked;
    t.diagnostic(`a refusal was seen after ${took} ms`);
    assert.ok(took < SEEN_MS, `${took} ms`);
    await stage.shot(phone, "refusal");
  });

  await stage.step("its receipt is checked without a network, and a changed one is not good", async () => {
    const { items } = await phone.ask("/v1/me/log?limit=20&kind=refused");
    proof = await until("the line to be sealed", async () => {
      const found = await phone.ask(`/v1/me/log/proof?number=${items[0].number}`);
      return found.format ? found : null;
    }, 30_000);
    const file = join(stage.folder, "receipt.json");
    await writeFile(file, JSON.stringify(proof));
    const key = (await (await fetch(`${stage.server.address}/v1/log/key`)).text()).trim();
    execFileSync("python3", [TOOL, file, "--key", key]);
    execFileSync(stage.server.binary, ["audit", "check", file, "--key", key]);
    await writeFile(file, JSON.stringify({ ...proof, receipt: { ...proof.receipt, text: proof.receipt.text.replace("未办成", "已办成") } }));
    assert.throws(() => execFileSync("python3", [TOOL, file, "--key", key], { stdio: "ignore" }));
    assert.throws(() => execFileSync(stage.server.binary, ["audit", "check", file, "--key", key], { stdio: "ignore" }));
  });

  await stage.step("a complaint about a line is answered, and the answer is a message", async () => {
    await phone.turnTo("");
    await phone.turnTo("log");
    await phone.browser.press(".kinds .tab", "全部");
    await until("a line without a venue", () => phone.browser.run(() => {
      const entry = [...document.querySelectorAll("#page li.entry")].find((one) => one.textContent.includes("已启用"));
      if (!entry) return false;
      entry.querySelector(".about").open = true;
      entry.querySelector("[data-kind=complain]").click();
      return true;
    }));
    await phone.browser.type("#demand_words", "这部手机不是我启用的");
    await stage.shot(phone, "complaint");
    await phone.browser.press("#sheet .pair button.main");
    const { items } = await until("the complaint at the platform", async () => {
      const found = await administer(stage.server, "cases");
      return found.items.length ? found : null;
    });
    assert.equal(items[0].case.steps[0].words, "这部手机不是我启用的");
    await administer(stage.server, "cases", { case: items[0].case.id, state: "done", words: "已核实并停用该手机", operator: "王工" });
    await phone.turnTo("cases");
    await phone.browser.shown("#page li.case", "已核实并停用该手机");
    await stage.shot(phone, "answered");
    await phone.turnTo("messages");
    await phone.browser.shown("#page li.message", "已办理");
    await stage.shot(phone, "messages");
  });

  await stage.step("the copy holds every line with its receipt", async () => {
    await phone.turnTo("copy");
    await phone.browser.shown("#export_file");
    // The page's own policy forbids it to fetch the file it made; what the file is made of is asked for again.
    const [name, rows] = await phone.browser.run(() => [document.querySelector("#export_file").download, document.querySelectorAll(".printed tbody tr").length]);
    assert.match(name, /^tongma-\d{4}-\d\d-\d\d\.json$/);
    const whole = await phone.ask("/v1/me/export?limit=100");
    assert.equal(whole.format, "tongma-log-export-1");
    assert.equal(rows, whole.lines.length);
    assert.ok(whole.lines.length >= 3 && whole.lines.every(({ receipt }) => receipt.signature.length === 128));
    assert.ok(whole.lines.some(({ kind }) => kind === "refused") && whole.cases.length === 1);
    await stage.shot(phone, "copy");
  });

  await stage.step("a long list shows its first part, and the rest one part at a time", async () => {
    const change = (path, body) => phone.browser.run(async (...what) => {
      const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
      return (await fetch(what[0], { method: "POST", headers, body: JSON.stringify(what[1]) })).json();
    }, path, body);
    const ids = [];
    for (let number = 1; number <= 24; number += 1) ids.push((await change("/v1/me/cases", { kind: "explain", words: `第 ${number} 问` })).id);
    await phone.turnTo("account");
    await phone.turnTo("cases");
    const shown = () => phone.browser.run(() => [...document.querySelectorAll("#page li.case")].map((one) => one.textContent));
    await until("the first part", async () => (await shown()).length === 20);
    await stage.shot(phone, "first-part");
    await phone.browser.press("#page button", "再看更多");
    const all = await until("the whole list", async () => { const found = await shown(); return found.length === 25 && found; });
    for (let number = 1; number <= 24; number += 1) assert.equal(all.filter((one) => one.includes(`第 ${number} 问`)).length, 1, `${number}`);
    assert.equal(await phone.browser.run(() => document.activeElement.matches("li.case:nth-child(21)")), true, "who reads by keys goes on there");
    for (const id of ids) await change(`/v1/me/cases/${id}/withdraw`, {});
  });

  await stage.step("every page is free of grave faults, also narrow, large and in English", async () => {
    const source = await axe();
    for (const [language, size, width] of [["zh", "", 390], ["en", "largest", 320]]) {
      await phone.browser.cdp("Emulation.setDeviceMetricsOverride", { width, height: 800, deviceScaleFactor: 2, mobile: true });
      await phone.browser.run((wanted) => { document.documentElement.dataset.size = wanted; }, size);
      if (language === "en") {
        await phone.turnTo("settings");
        await phone.browser.press("label.pick", "English");
      }
      for (const page of PAGES) {
        await phone.turnTo("account");
        await phone.turnTo(page);
        await until(`${page} to be filled`, () => phone.browser.run(() => !/…|Loading|正在/.test(document.querySelector("#page [role=status]")?.textContent ?? "")));
        const { grave } = await audit(phone.browser, source);
        assert.deepEqual(grave, [], `${page} ${language} ${width}`);
        const over = await phone.browser.run(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${page} is ${over} px too wide at ${width} px`);
        await stage.shot(phone, `${page}-${language}-${width}`);
      }
    }
  });

  await stage.step("the account is closed, and the code is dead", async () => {
    await phone.turnTo("account");
    await phone.turnTo("closing");
    assert.ok(await phone.browser.run(() => document.querySelector("#close_account").disabled), "money is left in the purse");
    const provider = /sign-in +(\S+)/.exec(stage.server.said)[1];
    await administer(stage.server, "purse/out", { provider, subject: "demo-student" });
    await phone.turnTo("account");
    await phone.turnTo("closing");
    await until("the button to work", () => phone.browser.run(() => document.querySelector("#close_account")?.disabled === false));
    await phone.browser.press("#close_account");
    await phone.browser.press("#sheet .pair button.stop");
    await phone.browser.shown("#page .band.good");
    await stage.shot(phone, "closed");
    assert.equal(await phone.browser.run(async () => (await fetch("/v1/me")).status), 401);
  });
});
