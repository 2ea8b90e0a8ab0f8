/**
 * Text from the cluster and from callers, made safe to print: a container message or a reason must not control the
 * terminal, the order of the letters, or the columns of a table that shows it.
 */

/** Colors and styles, which many programs write. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed.
const STYLE = /[\u001B]\[[\d;:]{0,50}m/g;

/** Control characters (C0, DEL, C1), line separators, and bidirectional marks (UAX #9, section 2). */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** Removes colors, and replaces every other control and bidirectional character; keeps line breaks and tabs. */
export function printable(text: string): string {
  return text
    .replace(STYLE, "")
    .replace(/\r\n/g, "\n")
    .replace(UNPRINTABLE, (character) => (character === "\n" || character === "\t" ? character : "\uFFFD"));
}

/** The same without line breaks and tabs, for a cell or a line of its own. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\n\r\t\v\f\u0085\u2028\u2029]\s*/g, " "));
}

/** JSON with the characters escaped that JSON allows but that a terminal would obey. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNPRINTABLE, (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
