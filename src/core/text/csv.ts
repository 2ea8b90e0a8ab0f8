import { printable } from "./printable.ts";

/**
 * One line of RFC 4180. A cell that a spreadsheet would evaluate as a formula gets an apostrophe in front: names and
 * messages come from anyone who can write to the cluster (OWASP, "CSV Injection").
 */
export function csvLine(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = printable(value);
  const safe = /^[\s\p{C}\uFFFD]*[=+\-@＝＋－＠]|^[\t\n]/u.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
