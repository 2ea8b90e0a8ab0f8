import { CarryOverBuffer, MAX_FRAME_BYTES } from "./carry-over-buffer.ts";
import { DecodeError } from "./decode-error.ts";

export interface ItemSplitter {
  /** Throws DecodeError. */
  push(chunk: Buffer): void;
  /** The list without its items, for `kind` and `metadata`. Throws DecodeError. */
  end(): Buffer;
}

/** Normally a few hundred bytes. */
const MAX_ENVELOPE = 1 << 20;

/**
 * Splits a JSON list into its items as it arrives, because V8 limits strings to 512 MiB. It tracks only braces, brackets
 * and strings; the parser of each item validates the JSON.
 */
export function createItemSplitter(
  take: (bytes: Buffer, start: number, end: number, offset: number) => void,
): ItemSplitter {
  const envelope = new CarryOverBuffer();
  const item = new CarryOverBuffer();
  const object = createObjectScanner();
  let offset = 0;
  /** Of the bytes outside the items. */
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** Start of the last string in the envelope, which is a key if a colon follows. */
  let key = 0;
  let keyEnd = 0;
  let state: "envelope" | "after items key" | "before first" | "before item" | "item" | "after item" = "envelope";
  let itemOffset = 0;

  function fail(what: string, at: number): never {
    throw new DecodeError(what, "json", offset + at);
  }

  function keepEnvelope(chunk: Buffer, at: number): void {
    if (envelope.length >= MAX_ENVELOPE) fail(`more than ${MAX_ENVELOPE} bytes outside the items`, at);
    envelope.append(chunk, at, at + 1);
  }

  /** One byte outside the items. */
  function takeEnvelope(chunk: Buffer, at: number): void {
    const byte = chunk[at] as number;
    if (inString) {
      keepEnvelope(chunk, at);
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        inString = false;
        keyEnd = envelope.length;
      }
      return;
    }
    switch (byte) {
      case QUOTE:
        inString = true;
        key = envelope.length;
        break;
      case COLON:
        if (depth === 1 && envelope.bytes.toString("latin1", key, keyEnd) === '"items"') state = "after items key";
        break;
      case OPENING_BRACE:
        depth++;
        break;
      case OPENING_BRACKET:
        depth++;
        if (state === "after items key") state = "before first";
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        depth--;
        break;
    }
    if (state === "after items key" && byte !== COLON && !isSpace(byte)) state = "envelope";
    keepEnvelope(chunk, at);
  }

  /** One byte between the items. */
  function takeBetween(chunk: Buffer, at: number): void {
    const byte = chunk[at] as number;
    if (isSpace(byte)) return;
    if (byte === CLOSING_BRACKET && state !== "before item") {
      state = "envelope";
      takeEnvelope(chunk, at);
    } else if (byte === COMMA && state === "after item") state = "before item";
    else fail("items that are not a list of objects", at);
  }

  /** Reads the item from `start` as far as the chunk goes; returns the position after its last byte. */
  function takeItem(chunk: Buffer, start: number): number {
    const at = object.scan(chunk, start);
    if (object.isComplete) state = "after item";
    if (item.length + at - start > MAX_FRAME_BYTES) fail(`an item of more than ${MAX_FRAME_BYTES} bytes`, at);
    return at;
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        const begins = (state === "before first" || state === "before item") && chunk[at] === OPENING_BRACE;
        if (begins || state === "item") {
          if (begins) itemOffset = offset + at;
          state = "item";
          const start = at;
          at = takeItem(chunk, start);
          if ((state as string) === "item") item.append(chunk, start, at);
          else if (item.length === 0) take(chunk, start, at, itemOffset);
          else {
            item.append(chunk, start, at);
            const { bytes, length } = item;
            item.clear();
            take(bytes, 0, length, itemOffset);
          }
        } else {
          if (state === "envelope" || state === "after items key") takeEnvelope(chunk, at);
          else takeBetween(chunk, at);
          at++;
        }
      }
      offset += chunk.length;
    },
    end() {
      if (state !== "envelope" || depth !== 0 || inString) fail("the body ends before the list does", 0);
      return envelope.bytes.subarray(0, envelope.length);
    },
  };
}

/** Finds the end of one JSON object after another, each of which may span chunks. */
function createObjectScanner() {
  let depth = 0;
  let inString = false;
  let escaped = false;

  /** Returns the position after the string, or the end of the chunk. */
  function afterString(chunk: Buffer, start: number): number {
    let at = start;
    if (escaped) {
      escaped = false;
      at++;
    }
    while (at < chunk.length) {
      const byte = chunk[at++];
      if (byte === QUOTE) {
        inString = false;
        return at;
      }
      if (byte === BACKSLASH && at++ === chunk.length) {
        escaped = true;
        return chunk.length;
      }
    }
    return at;
  }

  return {
    get isComplete() {
      return depth === 0;
    },
    /** Reads the object as far as the chunk goes; returns the position after its last byte. */
    scan(chunk: Buffer, start: number): number {
      let at = start;
      while (at < chunk.length) {
        if (inString) {
          at = afterString(chunk, at);
          continue;
        }
        const byte = chunk[at++];
        if (byte === QUOTE) inString = true;
        else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth++;
        else if ((byte === CLOSING_BRACE || byte === CLOSING_BRACKET) && --depth === 0) break;
      }
      return at;
    },
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
