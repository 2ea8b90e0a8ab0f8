import type { Interner } from "./packed-types.ts";
import { createPool } from "./pool.ts";
import { flatCopy, isAscii, textOf } from "./text.ts";

/** A hash selects the set, and each set keeps its most recent strings, so nothing has to be counted or swept. */
const WAYS = 4;

/** Longer strings are mostly messages, which rarely repeat. An image with its digest has about 150 characters. */
const MAX_SHARED = 256;

/** Average space for the bytes of a string; comparing bytes with bytes is four times as fast as with characters. */
const BYTES_PER_STRING = 32;

/** @param capacity maximum number of strings, and of objects of each kind; rounded up to a power of two */
export function createInterner(capacity = 1 << 15): Interner {
  const sets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
  const slots: string[] = new Array(sets * WAYS).fill("");
  /** Offset of a slot's bytes in `arena`; -1 when they are not stored. */
  const offsets = new Int32Array(sets * WAYS).fill(-1);
  const arena = new DataView(new ArrayBuffer(sets * WAYS * BYTES_PER_STRING + MAX_SHARED));
  let used = 0;
  // Created once per chunk, not once per string.
  let viewed: Buffer | undefined;
  let view: DataView = arena;

  function viewOf(buffer: Buffer): DataView {
    if (viewed !== buffer) {
      viewed = buffer;
      view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    return view;
  }

  function insert(first: number, value: string): string {
    for (let slot = first + WAYS - 1; slot > first; slot--) {
      slots[slot] = slots[slot - 1] as string;
      offsets[slot] = offsets[slot - 1] as number;
    }
    slots[first] = value;
    offsets[first] = -1;
    return value;
  }

  /** Stores the bytes of a slot's string, which is ASCII. A full arena is cleared. */
  function storeBytes(slot: number, value: string): void {
    if (used + value.length > arena.byteLength) {
      used = 0;
      offsets.fill(-1);
    }
    for (let at = 0; at < value.length; at++) arena.setUint8(used + at, value.charCodeAt(at));
    offsets[slot] = used;
    used += value.length;
  }

  function holds(slot: number, buffer: Buffer, bytes: DataView, start: number, length: number): boolean {
    const known = slots[slot] as string;
    if (known.length !== length) return false;
    const begin = offsets[slot] as number;
    if (begin >= 0) return areSame(arena, begin, bytes, start, length);
    if (!isAscii(buffer, start, known)) return false;
    storeBytes(slot, known);
    return true;
  }

  function string(value: string): string {
    const length = value.length;
    if (length === 0) return "";
    if (length > MAX_SHARED) return flatCopy(value);
    const first = setOf(hashOfText(value), sets);
    for (let slot = first; slot < first + WAYS; slot++) {
      const known = slots[slot] as string;
      if (known === value) return known;
    }
    return insert(first, flatCopy(value));
  }

  function bytes(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > MAX_SHARED) return buffer.toString("utf8", start, end);
    const bytes = viewOf(buffer);
    const first = setOf(hashOfBytes(bytes, start, end), sets);
    for (let slot = first; slot < first + WAYS; slot++) {
      if (holds(slot, buffer, bytes, start, length)) return slots[slot] as string;
    }
    const value = textOf(buffer, start, end);
    // Only ASCII has the same hash as bytes and as characters.
    if (value.length !== length) return string(value);
    insert(first, value);
    storeBytes(first, value);
    return value;
  }

  return {
    string,
    bytes,
    owners: createPool(capacity),
    ownerships: createPool(capacity),
    conditions: createPool(capacity),
    templates: createPool(capacity),
  };
}

function areSame(a: DataView, atA: number, b: DataView, atB: number, length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) if (a.getUint32(atA + at, true) !== b.getUint32(atB + at, true)) return false;
  for (; at < length; at++) if (a.getUint8(atA + at) !== b.getUint8(atB + at)) return false;
  return true;
}

// FNV-1a over words of four bytes, and over a sample of the words of long strings. It only selects the set. The hash of
// an ASCII string is the same from bytes and from characters.
const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

function hashOfBytes(view: DataView, start: number, end: number): number {
  let hash = SEED ^ (end - start);
  if (end - start < 4) {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), PRIME);
    return hash;
  }
  const step = stepOf(end - start);
  const last = end - 4;
  for (let at = start; at < last; at += step) hash = Math.imul(hash ^ view.getUint32(at, true), PRIME);
  return Math.imul(hash ^ view.getUint32(last, true), PRIME);
}

function hashOfText(text: string): number {
  const end = text.length;
  let hash = SEED ^ end;
  if (end < 4) {
    for (let at = 0; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
    return hash;
  }
  const step = stepOf(end);
  const last = end - 4;
  for (let at = 0; at < last; at += step) hash = Math.imul(hash ^ wordOf(text, at), PRIME);
  return Math.imul(hash ^ wordOf(text, last), PRIME);
}

function wordOf(text: string, at: number): number {
  return (
    text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}

function stepOf(length: number): number {
  return ((length >> 5) + 1) << 2;
}

function setOf(hash: number, sets: number): number {
  return ((hash ^ (hash >>> 15)) & (sets - 1)) * WAYS;
}
