/** Truncates to a number of UTF-16 units, never within a character, and marks the cut with an ellipsis. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, Math.max(0, limit - 1));
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** The last lines that fit into a number of UTF-16 units, after an ellipsis if lines are omitted. */
export function lastLines(lines: readonly string[], limit: number): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines.toReversed()) {
    if (length + line.length + 1 > limit - 2) {
      if (kept.length === 0) kept.push(shorten(line, limit - 2));
      kept.push("…");
      break;
    }
    kept.push(line);
    length += line.length + 1;
  }
  return kept.toReversed().join("\n");
}
