/** People without a phone at a desk, without a page: what is typed from a document, and asking the platform. Never throws for the network. */
import { newRequest } from "./api.js";
import { Unreachable } from "./gate.js";
import { ofProblem, ofSilence } from "./screens.js";

/** The kinds a person is enrolled with, the usual one first. */
export const DOCUMENT_KINDS = ["resident_id", "hong_kong_macao_permit", "taiwan_permit", "foreign_permanent_resident", "passport"];
/** Why somebody is looked up. Chosen, not written: nobody's story is typed into a record. */
export const REASONS = ["reason_no_phone", "reason_broken", "reason_lost", "reason_help"];

/** A document's number as the register writes it: no blanks, plain digits, capital letters. */
export const documentNumber = (typed) => typed.normalize("NFKC").replace(/[\s·-]/g, "").toUpperCase();

/**
 * What is wrong with a look-up before anybody is asked; null when nothing is.
 * @param {{number: string, witness: string, seen: boolean}} typed @param {string} operator
 * @returns {"fault_number"|"fault_witness"|"fault_seen"|null}
 */
export function lookUpFault({ number, witness, seen }, operator) {
  if (!/^[0-9A-Z]{5,18}$/.test(documentNumber(number))) return "fault_number";
  const name = witness.trim();
  if ([...name].length < 2 || name === operator.trim()) return "fault_witness";
  return seen ? null : "fault_seen";
}

/** Whether a PIN of a paper code can be: none, or four to eight digits. */
export const pinFits = (pin) => pin === "" || /^\d{4,8}$/.test(pin);

/** Asks; `{body}` on a yes, `{screen}` to be shown on a no or on silence. */
async function asked(api, path, body, changing) {
  try {
    const answer = await api.post(path, body, { key: newRequest() });
    return answer.ok ? { body: answer.body } : { screen: ofProblem(answer.problem) };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { screen: ofSilence(error, changing) };
  }
}

/**
 * Finds one person by their whole document number, before a witness.
 * @param {{api: any, point: string, operator: string, purpose: string}} desk
 * @param {{kind: string, number: string, reason: string, witness: string}} typed
 */
export function lookUp({ api, point, operator, purpose }, { kind, number, reason, witness }) {
  const body = { point, purpose, document_kind: kind, document_number: documentNumber(number), operator, reason, witness: witness.trim() };
  return asked(api, "/v1/presentations/assisted", body, false);
}

/** A paper code for the person of a presentation. */
export const paperFor = (api, presentation, { days, pin }) => asked(api, `/v1/presentations/${presentation.id}/paper`, { days, pin }, true);

/** Their paper code of this organisation is lost. */
export const paperLost = (api, presentation) => asked(api, `/v1/presentations/${presentation.id}/paper/end`, {}, true);
