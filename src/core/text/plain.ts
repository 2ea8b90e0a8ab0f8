/** Escape sequences of terminals (ECMA-48): colours, cursor movements, window titles, clipboard access. */
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090])[^\u0007\u001b\u009c]{0,4000}(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]{0,4}[0-~]?/g;

/** Control characters except tab and newline, bidirectional marks and zero-width characters. */
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text without escape sequences of terminals. */
export function withoutEscapes(text: string): string {
  return /[\u001b\u0090-\u009f]/.test(text) ? text.replace(ESCAPES, "") : text;
}

/** The text without escape sequences and without characters that cannot be seen. Line ends become `\n`. */
export function plainText(text: string): string {
  return withoutEscapes(text)
    .replace(/\r\n?/g, "\n")
    .replace(INVISIBLE, "");
}

/** On one line, with single spaces. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").trim();
}

/** At most `limit` characters; the end of a longer text is replaced by `…`, at a word if one ends near the limit. */
export function shorten(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  const start = characters.slice(0, limit - 1).join("");
  const word = start.lastIndexOf(" ");
  return `${(word > start.length - 20 ? start.slice(0, word) : start).replace(/[\s,:;(]+$/, "")}…`;
}

/** Without the middle of a longer text: the start says what failed, and the end says why. */
export function shortenMiddle(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  const head = Math.floor((limit - 3) / 3);
  return `${characters.slice(0, head).join("").trimEnd()} … ${characters
    .slice(characters.length - (limit - 3 - head))
    .join("")
    .trimStart()}`;
}
