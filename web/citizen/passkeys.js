// Passkeys on this phone: making one, and proving with one that it is its owner who agrees. What is signed is the platform's challenge for
// exactly the items that are ticked; the PIN stays as the other way.
import { translator } from "../shared/i18n.js";
import { answer, creation, request } from "../shared/webauthn.js";
import { Problem } from "./problem.js";
import { EN, ZH } from "./words-passkey.js";

/** The words of this part. */
export const passkeyWords = (app) => translator(app.shell.language === "zh" ? ZH : EN);

/** Whether this page can use passkeys at all: they belong to a name, never to an address of numbers. Pure. */
export const able = ({ PublicKeyCredential, location }) => Boolean(PublicKeyCredential) && !/^(\d+\.){3}\d+$|^\[/.test(location.hostname);

/** By what something sensitive is agreed to: what was chosen, else a passkey where there is one. Pure. */
export function wayOf({ pin_set: pin, passkey_set: passkey }, { by }, can) {
  if (!can || !passkey) return "pin";
  return by === "pin" && pin ? "pin" : "passkey";
}

/** What the authenticator says, or a `Problem` `passkey.stopped` when its owner put it aside. */
async function ceremony(work) {
  try {
    return answer(await work());
  } catch (error) {
    throw new Problem({ code: "passkey.stopped", cause: error });
  }
}

/** Makes a passkey and has the platform keep it; gives the list as it then is. */
export async function make(app, name, pin) {
  const { data: options } = await app.api.post("/v1/me/passkeys/begin", pin ? { pin } : {});
  const credential = await ceremony(() => navigator.credentials.create({ publicKey: creation(options) }));
  const { data } = await app.api.post("/v1/me/passkeys", { name, credential });
  return data.items;
}

/** Signs that these items of a question are agreed to. */
export async function prove(app, question, items) {
  const { data: options } = await app.api.post(`/v1/me/requests/${question}/passkey`, { items });
  return ceremony(() => navigator.credentials.get({ publicKey: request(options) }));
}
