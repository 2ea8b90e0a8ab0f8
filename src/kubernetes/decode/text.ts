/** Decodes UTF-8. Latin-1 decoding is faster, but only short texts are checked for non-ASCII bytes first. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  if (start === end) return "";
  if (end - start > 20) return bytes.toString("utf8", start, end);
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) >= 0x80) return bytes.toString("utf8", start, end);
  }
  return bytes.toString("latin1", start, end);
}

/** True when the bytes at `start` are this text and it is ASCII. */
export function isAscii(bytes: Buffer, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const byte = bytes[start + at] as number;
    if (byte >= 0x80 || text.charCodeAt(at) !== byte) return false;
  }
  return true;
}

/** An ASCII text for comparison with bytes. */
export type Literal = Uint8Array;

export function literal(text: string): Literal {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function beginsWith(bytes: Buffer, start: number, end: number, text: Literal): boolean {
  if (end - start < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text[at]) return false;
  return true;
}

export function isText(bytes: Buffer, start: number, end: number, text: Literal): boolean {
  return end - start === text.length && beginsWith(bytes, start, end, text);
}

/** Index of the text that the bytes equal; -1 for none. */
export function indexOfText(bytes: Buffer, start: number, end: number, texts: readonly Literal[]): number {
  for (let index = 0; index < texts.length; index++) {
    if (isText(bytes, start, end, texts[index] as Literal)) return index;
  }
  return -1;
}

/** A copy in memory of its own: `slice` and `+` create strings that keep their parents alive. */
export function flatCopy(value: string): string {
  return Buffer.from(value, "utf8").toString("utf8");
}
