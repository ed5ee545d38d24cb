// A form's values, checked against their fields as the engine checks them; a message key for each
// wrong one. The engine and Powens check again: what cannot be understood here passes.

const LONGEST_VALUE = 4096;
const LONGEST_PATTERN = 1000;

/** The message key of what is wrong with `value` for `field`; null when all is well. */
export function wrongValue(field, value) {
  if (value === "") return field.required ? "values.required" : null;
  if (value.length > LONGEST_VALUE) return "values.too_long";
  if (field.type === "number" && !/^-?\d+(\.\d+)?$/.test(value)) return "values.not_a_number";
  if (field.type === "date" && !isDate(value)) return "values.not_a_date";
  if (field.type === "list" && !listed(field, value)) return "values.not_in_list";
  const pattern = wholePattern(field.regex);
  return !pattern || pattern.test(value) ? null : "values.does_not_match";
}

/** What is sent for what was typed: a French keypad's decimal comma is a point. */
export function normalised(field, typed) {
  return field.type === "number" ? typed.trim().replace(",", ".") : typed;
}

/** Whether only digits can match: phones then show their digits first. */
export function isNumeric(field) {
  return (
    field.type === "number" || /^\^?(\\d|\[0-9\])([+*]|\{\d+(,\d*)?\})?\$?$/.test(field.regex ?? "")
  );
}

function listed(field, value) {
  return (field.values ?? []).some((choice) => choice.value === value);
}

function isDate(value) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

/** Powens' patterns are PCRE and must match the whole value; one that JavaScript cannot read: null.
 * Only the mode `u` refuses what PCRE means otherwise, such as `\A`, `\h` or `[[:alnum:]]`. */
function wholePattern(source) {
  if (!source || source.length > LONGEST_PATTERN) return null;
  try {
    return new RegExp(`^(?:${plainlyEscaped(source)})$`, "u");
  } catch {
    return null; // left to the engine
  }
}

/** The same without the escapes of signs that PCRE takes and `u` does not, such as `\_`. */
function plainlyEscaped(source) {
  const code = (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`;
  return source.replace(/\\([^A-Za-z0-9])/gu, (_, sign) => code(sign));
}
