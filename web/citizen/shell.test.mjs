import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const here = new URL("./", import.meta.url);
const text = (name) => readFileSync(new URL(name, here), "utf8");
const parts = () => [...text("index.html").matchAll(/^<!-- inline: (.+) -->$/gm)].map(([, name]) => name);

test("the worker has the place where the build writes what is kept, exactly once", () => {
  assert.equal(text("sw.js").split("/*PRECACHE*/[]").length, 2);
});

test("the shell's parts exist, its scripts import each other alone, and their top-level names differ", () => {
  const scripts = parts().filter((name) => name.endsWith(".js"));
  assert.ok(scripts.length >= 6 && parts().every((name) => existsSync(new URL(name, here))));
  const names = new Map();
  for (const script of scripts) {
    for (const [line, named] of text(script).matchAll(/^import .*?(?:from )?"(.+)";$/gm)) assert.ok(scripts.includes(named.slice(2)), `${script}: ${line}`);
    assert.doesNotMatch(text(script), /^import [^;]*\n/m, `${script}: an import takes one line, or the build does not see it`);
    for (const [, name] of text(script).matchAll(/^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/gm)) {
      assert.equal(names.get(name), undefined, `${name} in ${names.get(name)} and ${script}`);
      names.set(name, script);
    }
  }
});

test("the shell with its parts, as the build sends it, is at most 14 KB packed", () => {
  const bare = (part) => part.replace(/^\s*(?:\/\/.*|\/\*\*[^]*?\*\/)\n/gm, "");
  const whole = text("index.html").replace(/^<!-- inline: (.+) -->$/gm, (_, name) => (name.endsWith(".js") ? bare(text(name)) : text(name)));
  assert.ok(whole.length > 30_000, "its parts are in it");
  assert.ok(gzipSync(whole, { level: 9 }).length <= 14 * 1024, `${gzipSync(whole, { level: 9 }).length} bytes`);
});

test("no page or script names another host", () => {
  for (const name of [...parts(), "index.html", "app.js", "sw.js", "manifest.webmanifest"]) {
    assert.doesNotMatch(text(name).replaceAll("http://www.w3.org/2000/svg", ""), /https?:\/\//, name);
  }
});
