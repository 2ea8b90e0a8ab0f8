import type { AlertLabels } from "./alert.ts";

/** Never occurs in UTF-8, so label values cannot collide with the separator. */
const SEPARATOR = 0xff;

/**
 * Hash of a label set: FNV-1a, 64 bits, over the UTF-8 of the names and values sorted by name, each followed by a
 * separator byte, like Prometheus' model.LabelSet.Fingerprint. 16 hexadecimal digits. An undefined label counts as
 * absent.
 */
export function fingerprint(labels: AlertLabels | Readonly<Record<string, string | undefined>>): string {
  const bytes: number[] = [];
  for (const name of Object.keys(labels).sort()) {
    const value = (labels as Readonly<Record<string, string | undefined>>)[name];
    if (value === undefined) continue;
    appendUtf8(bytes, name);
    bytes.push(SEPARATOR);
    appendUtf8(bytes, value);
    bytes.push(SEPARATOR);
  }
  return fnv1a64(bytes);
}

/**
 * 64-bit FNV-1a in two halves of 32 bits. The prime is 2^40 + 0x1b3, so the product of the low half needs 41 bits, which
 * a double holds exactly. About forty times faster than BigInt.
 */
export function fnv1a64(bytes: readonly number[]): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

function appendUtf8(bytes: number[], text: string): void {
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) {
      bytes.push(code);
    } else if (code < 0x800) {
      bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    } else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    }
  }
}
