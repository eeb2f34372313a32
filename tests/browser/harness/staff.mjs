/** A member of staff: a browser with an authenticator of its own (WebAuthn Level 2, section 11), and the console. */
import { join } from "node:path";
import { until } from "./wait.mjs";

/** A passkey in the machine itself, whose owner was verified. */
export const AUTHENTICATOR = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserConsenting: true, isUserVerified: true };

export class Colleague {
  constructor(stage, label, { width = 1280, height = 860, language = "zh-CN" } = {}) {
    Object.assign(this, { stage, label, language, size: `${width},${height}` });
    // Passkeys belong to a name, never to an address of numbers.
    this.address = stage.server.address.replace("127.0.0.1", "localhost");
  }

  static async open(stage, label, options) {
    const colleague = new Colleague(stage, label, options);
    colleague.browser = await stage.driver.open({ profile: join(stage.folder, label), args: [`--window-size=${colleague.size}`], language: colleague.language });
    colleague.browser.name = label;
    colleague.authenticator = await colleague.browser.command("POST", "webauthn/authenticator", AUTHENTICATOR);
    stage.browsers.add(colleague);
    return colleague;
  }

  go(path) {
    return this.browser.go(`${this.address}${path}`);
  }

  async at(path) {
    await until(`${this.label} to be at ${path}`, async () => new URL(await this.browser.addressShown()).pathname === path);
  }

  /** Enrols the passkey with a code. */
  async enrol(code, name = "") {
    await this.go("/console/enrol");
    await this.browser.type("[name=code]", code);
    if (name) await this.browser.type("[name=name]", name);
    await this.browser.press("form[data-passkey] button");
    await this.at("/console");
  }

  async signIn() {
    await this.go("/console/sign-in");
    await this.browser.press("form[data-passkey] button");
    await this.at("/console");
  }

  async signOut() {
    await this.browser.press(".top button");
    await this.at("/console/sign-in");
  }

  /** Invites somebody; gives the code shown. */
  async invite(name, office) {
    await this.go("/console/staff");
    await this.browser.type("[name=name]", name);
    await this.browser.run((value) => { document.querySelector("[name=office]").value = value; }, office);
    await this.browser.press("form[action='/console/staff'] button");
    await this.browser.shown(".code");
    return this.browser.text(".code");
  }

  /** The status that an address answers to this browser's session, asked as a link or a form would. */
  status(path, method = "GET") {
    return this.browser.run(async (what, how) => {
      const form = how === "POST" ? { body: new URLSearchParams({ choice: "none" }) } : {};
      const answer = await fetch(what, { method: how, headers: { accept: "text/html" }, redirect: "manual", ...form });
      return answer.status;
    }, path, method);
  }
}
