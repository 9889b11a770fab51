/* Checks of IBANs, US routing numbers and account numbers before they are sent. The server checks them again. */

const MIN_IBAN = 15; // Norway
const MAX_IBAN = 34;

/** Removes spaces and hyphens, and writes letters as capitals. */
export function compact(text) {
  return text.replace(/[\s-]/g, "").toUpperCase();
}

/** "DE89 3704 0044 0532 0130 00": a number in groups of four. */
export function inGroups(text) {
  return compact(text).replace(/(.{4})(?=.)/g, "$1 ");
}

/** Validates an IBAN by its form and check digits (ISO 13616, ISO 7064 mod 97-10). Returns {value} or {error}. */
export function validateIban(text) {
  const iban = compact(text);
  if (!iban) return { error: "Enter an IBAN." };
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]+$/.test(iban)) {
    return { error: "An IBAN starts with two letters and two digits, such as DE89 3704 0044 0532 0130 00." };
  }
  if (iban.length < MIN_IBAN || iban.length > MAX_IBAN) {
    return { error: `An IBAN has ${MIN_IBAN} to ${MAX_IBAN} characters. You entered ${iban.length}.` };
  }
  return remainderOf97(iban.slice(4) + iban.slice(0, 4)) === 1
    ? { value: iban }
    : { error: "This IBAN is not valid. Check it for typing mistakes." };
}

function remainderOf97(characters) {
  let remainder = 0;
  for (const character of characters) {
    for (const digit of String(parseInt(character, 36))) remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder;
}

/** Validates a US routing number by its check digit (ABA, weights 3-7-1). Returns {value} or {error}. */
export function validateRoutingNumber(text) {
  const digits = compact(text);
  if (!/^\d{9}$/.test(digits)) return { error: "A routing number has nine digits." };
  const sum = [...digits].reduce((total, digit, index) => total + Number(digit) * [3, 7, 1][index % 3], 0);
  return sum > 0 && sum % 10 === 0
    ? { value: digits }
    : { error: "This routing number is not valid. Check it for typing mistakes." };
}

/** Validates a US account number, 4 to 17 digits. Returns {value} or {error}. */
export function validateAccountNumber(text) {
  const digits = compact(text);
  return /^\d{4,17}$/.test(digits) ? { value: digits } : { error: "An account number has 4 to 17 digits." };
}
