/**
 * The short number N1 as people type it, and what a scanned text looks like before anyone has verified it.
 * Nothing here decides: only the server or the verifier says whether a code is good.
 */

/** Digits of the short number, and of the ticket in the QR. */
export const SHORT_DIGITS = 24;
export const TICKET_DIGITS = 254;
/** The longest text that is passed on; anything longer is no code of any kind met at a counter. */
export const MOST_TEXT = 2048;

/**
 * The check digits of ISO 7064 MOD 97-10, between 02 and 98.
 * @param {string} digits without their check digits
 * @returns {string} two digits
 */
export function checkDigits(digits) {
  let remainder = 0;
  for (const digit of digits) remainder = (remainder * 10 + Number(digit)) % 97;
  return String(98 - ((remainder * 100) % 97)).padStart(2, "0");
}

/**
 * What is left of what was typed when spaces, dashes and full-width forms are taken out.
 * @param {string} typed
 * @returns {string}
 */
export function cleanDigits(typed) {
  return typed.normalize("NFKC").replace(/[^0-9]/g, "");
}

/**
 * In fours, as it is printed under the code.
 * @param {string} digits
 * @returns {string}
 */
export function grouped(digits) {
  return digits.replace(/(.{4})(?=.)/g, "$1 ");
}

/**
 * Why a typed number cannot be right, or null when it may be.
 * @param {string} typed
 * @returns {null|"prefix"|"short"|"long"|"check"}
 */
export function shortNumberFault(typed) {
  const digits = cleanDigits(typed);
  if (digits.length >= 2 && !digits.startsWith("86")) return "prefix";
  if (digits.length < SHORT_DIGITS) return "short";
  if (digits.length > SHORT_DIGITS) return "long";
  return checkDigits(digits.slice(0, -2)) === digits.slice(-2) ? null : "check";
}

/**
 * Whether a text has the outer form of one of our codes, by prefix and exact length.
 * @param {string} text
 * @returns {"n1"|"t1"|"paper"|"d1"|"other"}
 */
export function looksLike(text) {
  if (!/^86[0-9]+$/.test(text)) return "other";
  if (text.length === SHORT_DIGITS) return "n1";
  if (text[2] !== "0") return "other";
  return { 254: "t1", 222: "paper", 477: "d1" }[text.length] ?? "other";
}
