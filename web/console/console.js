// The console's few scripts: passkey ceremonies, and a page that draws itself anew while it is looked at. Everything else
// is plain forms and links, and works without this file.
import { answer, creation, request } from "../shared/webauthn.js";

/** Every so often a live page is fetched again, in milliseconds. */
const LIVE_MS = 5000;
const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);

async function ask(address, body) {
  const response = await fetch(address, { method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body: JSON.stringify(body) });
  const told = await response.json();
  if (!response.ok) throw new Error(`${told.title} ${told.detail}`);
  return told;
}

/** Runs the ceremony of a form: begin, the authenticator, finish, and on to the console. */
async function ceremony(form) {
  const at = form.getAttribute("action");
  const begun = await ask(`${at}/begin`, Object.fromEntries(new FormData(form)));
  const credential = form.dataset.passkey === "enrol"
    ? await navigator.credentials.create({ publicKey: creation(begun) })
    : await navigator.credentials.get({ publicKey: request(begun) });
  await ask(`${at}/finish`, answer(credential));
  location.assign("/console");
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [button, fault] = [form.querySelector("button"), form.querySelector(".fault")];
    fault.textContent = "";
    button.setAttribute("aria-busy", "true");
    try {
      if (!globalThis.PublicKeyCredential) throw new Error(say("这个浏览器不支持通行密钥，请换一个", "This browser knows no passkeys; use another"));
      await ceremony(form);
    } catch (error) {
      const stopped = error.name === "NotAllowedError" || error.name === "AbortError";
      fault.textContent = stopped ? say("没有完成验证，请再试一次", "The passkey was not used; try again") : error.message;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

/** Fetches this page again and puts its parts in place; whoever is typing or choosing is left alone. */
async function drawAnew(main) {
  if (document.hidden || main.contains(document.activeElement) && document.activeElement !== main) return;
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("main");
  if (fresh) main.replaceChildren(...fresh.childNodes);
}

const live = document.querySelector("main[data-live]");
if (live) setInterval(() => drawAnew(live).catch(() => undefined), LIVE_MS);
