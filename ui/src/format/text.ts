const numbers = new Intl.NumberFormat("en-GB");

/** `1,821` */
export function count(value: number): string {
  return numbers.format(value);
}

/** `1 container`, `3 containers`; `many` is for irregular plurals. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `a, b and 3 more` */
export function list(names: readonly string[], atMost = 3): string {
  const shown = names.slice(0, atMost);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(", ")} and ${count(more)} more`;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** `2.1 MB` */
export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let amount = value;
  let unit = 0;
  while (amount >= 1_000 && unit < units.length - 1) {
    amount /= 1_000;
    unit += 1;
  }
  return `${amount >= 100 || unit === 0 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}
