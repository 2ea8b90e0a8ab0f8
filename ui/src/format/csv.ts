/**
 * RFC 4180 with a header line. A cell that a spreadsheet would take for a formula gets an apostrophe before it: names
 * and reasons come from whoever may write to the cluster (OWASP, "CSV Injection").
 */
export function toCsv(header: readonly string[], lines: readonly (readonly (string | number | undefined)[])[]): string {
  return [header, ...lines].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
