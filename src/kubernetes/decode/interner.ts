/**
 * Keeps one copy of what many pods share (namespaces, nodes, images, reasons, owners), in bounded memory. What was
 * dropped for want of room is merely stored again.
 */
export interface Interner {
  /** The shared copy of `value`. The copy never keeps a larger string or buffer alive. */
  string(value: string): string;
  /** The shared string of UTF-8 bytes, without making a new one when it is known. */
  bytes(buffer: Buffer, start: number, end: number): string;
  /** The shared object of that key; `make` is called when it is not known. Equal keys must mean equal objects. */
  shared<T extends object>(key: string, make: () => T): T;
}

/** A hash decides the set, and a set keeps the last few strings: nothing has to be counted or swept. */
const WAYS = 4;

/** Longer strings are messages and the like, which seldom repeat. An image with its digest has about 150 characters. */
const LONGEST_SHARED = 256;

/** @param capacity how many strings, and how many objects, are kept at most; the strings' is rounded up to a power of two */
export function createInterner(capacity = 1 << 16): Interner {
  const sets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
  const slots: string[] = new Array(sets * WAYS).fill("");
  // Objects live in two generations: what is asked for again while it is in the old one is carried over.
  let young = new Map<string, object>();
  let old = new Map<string, object>();

  function remember(first: number, value: string): string {
    for (let slot = first + WAYS - 1; slot > first; slot--) slots[slot] = slots[slot - 1] as string;
    slots[first] = value;
    return value;
  }

  function string(value: string): string {
    const length = value.length;
    if (length === 0) return "";
    if (length > LONGEST_SHARED) return copy(value);
    let hash = SEED;
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ value.charCodeAt(at), PRIME);
    const first = setOf(hash, sets);
    for (let slot = first; slot < first + WAYS; slot++) {
      const known = slots[slot] as string;
      if (known === value) return known;
    }
    return remember(first, copy(value));
  }

  function bytes(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > LONGEST_SHARED) return buffer.toString("utf8", start, end);
    let hash = SEED;
    for (let at = start; at < end; at++) {
      const byte = buffer[at] as number;
      if (byte >= 0x80) return string(buffer.toString("utf8", start, end));
      hash = Math.imul(hash ^ byte, PRIME);
    }
    const first = setOf(hash, sets);
    for (let slot = first; slot < first + WAYS; slot++) {
      const known = slots[slot] as string;
      if (known.length === length && sameAscii(known, buffer, start)) return known;
    }
    return remember(first, buffer.toString("latin1", start, end));
  }

  function shared<T extends object>(key: string, make: () => T): T {
    const known = young.get(key);
    if (known !== undefined) return known as T;
    const value = (old.get(key) as T | undefined) ?? make();
    if (young.size >= capacity / 2) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  }

  return { string, bytes, shared };
}

/** A copy that is flat: `slice` and `+` make strings that keep their parents alive. */
export function copy(value: string): string {
  return Buffer.from(value, "utf8").toString("utf8");
}

// FNV-1a, which mixes short ASCII strings well enough and is the same over bytes and over characters.
const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

function setOf(hash: number, sets: number): number {
  return ((hash ^ (hash >>> 15)) & (sets - 1)) * WAYS;
}

function sameAscii(value: string, buffer: Buffer, start: number): boolean {
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) !== buffer[start + at]) return false;
  return true;
}
