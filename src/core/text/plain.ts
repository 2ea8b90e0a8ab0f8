/** The escape character, and the one-character forms of CSI, OSC, DCS, ST and of the bell that ends a title. */
const [ESC, CSI, OSC, DCS, ST, BEL] = [0x1b, 0x9b, 0x9d, 0x90, 0x9c, 0x07].map((code) => String.fromCharCode(code));

/** Escape sequences of terminals (ECMA-48): colours, cursor movements, window titles, clipboard access. */
const ESCAPES = new RegExp(
  `(?:${ESC}\\[|${CSI})[0-?]{0,64}[ -/]{0,8}[@-~]?|` +
    `(?:${ESC}[\\]PX^_]|[${OSC}${DCS}])[^${BEL}${ESC}${ST}]{0,4000}(?:${BEL}|${ESC}\\\\|${ST})?|` +
    `${ESC}[ -/]{0,4}[0-~]?`,
  "g",
);
const STARTS_ESCAPE = new RegExp(`[${ESC}${DCS}${CSI}${OSC}]`);

/** Control characters except tab and newline, bidirectional marks and zero-width characters. */
const INVISIBLE = /(?![\t\n])\p{Cc}|[\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2069}\u{feff}]/gu;

/** The text without escape sequences of terminals. */
export function withoutEscapes(text: string): string {
  return STARTS_ESCAPE.test(text) ? text.replace(ESCAPES, "") : text;
}

/** The text without escape sequences and without characters that cannot be seen. Line ends become `\n`. */
export function plainText(text: string): string {
  return withoutEscapes(text).replace(/\r\n?/g, "\n").replace(INVISIBLE, "");
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
  return `${(word > Math.max(0, start.length - 20) ? start.slice(0, word) : start).replace(/[\s,:;(]+$/, "")}…`;
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
