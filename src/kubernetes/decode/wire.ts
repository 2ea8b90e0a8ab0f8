import { DecodeError } from "./decode-error.ts";
import type { Interner } from "./interner.ts";

/** Protocol buffers' wire types (protobuf encoding). Groups, 3 and 4, are not used by Kubernetes. */
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/**
 * A cursor over one protobuf message in a buffer. Nothing is copied but the strings that are asked for, and nothing
 * beyond `end` is ever read: whatever would reach there is a DecodeError.
 */
export class WireReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  /** Where `bytes` begins in the stream, for errors. */
  private base = 0;

  reset(bytes: Buffer, start: number, end: number, base: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.base = base;
  }

  fail(what: string): never {
    throw new DecodeError(what, "protobuf", this.base + this.at);
  }

  /** The next field's tag; its number is `tag >>> 3`. */
  tag(): number {
    const tag = this.size();
    if (tag >>> 3 === 0) this.fail("a field without a number");
    return tag;
  }

  /** Cut to the low 32 bits, as every protobuf decoder does: negative numbers are written with 64. */
  int32(tag: number): number {
    this.expect(tag, VARINT);
    const { bytes, end } = this;
    let at = this.at;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) this.fail("the message ends inside a number");
      const byte = bytes[at++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
    }
    return this.fail("a number of more than ten bytes");
  }

  bool(tag: number): boolean {
    return this.int64(tag) !== 0;
  }

  /** Exact up to 2^53, which no timestamp or generation exceeds; beyond it the nearest that a number can say. */
  int64(tag: number): number {
    this.expect(tag, VARINT);
    const { bytes, end } = this;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) this.fail("the message ends inside a number");
      const byte = bytes[at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.at = at;
        return (high | 0) * 4_294_967_296 + (low >>> 0);
      }
    }
    return this.fail("a number of more than ten bytes");
  }

  /** Goes into a message: until `leave`, `end` is its end. Gives what `leave` needs. */
  enter(tag: number): number {
    this.expect(tag, BYTES);
    const size = this.size();
    const outer = this.end;
    if (size > outer - this.at) this.fail(`a field of ${size} bytes where ${outer - this.at} are left`);
    this.end = this.at + size;
    return outer;
  }

  /** Comes out of a message, past whatever was not read of it. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case VARINT:
        this.int32(tag);
        return;
      case FIXED_64:
        this.forward(8);
        return;
      case BYTES:
        this.forward(this.size());
        return;
      case FIXED_32:
        this.forward(4);
        return;
      default:
        this.fail(`a field of wire type ${tag & 7}`);
    }
  }

  /** A string that is this object's own, such as a name or a message. */
  text(tag: number): string {
    const outer = this.enter(tag);
    const value = textOf(this.bytes, this.at, this.end);
    this.leave(outer);
    return value;
  }

  /** A string that many objects share. */
  shared(tag: number, interner: Interner): string {
    const outer = this.enter(tag);
    const value = interner.bytes(this.bytes, this.at, this.end);
    this.leave(outer);
    return value;
  }

  /** A tag or a length: a number below 2^31. */
  size(): number {
    const { bytes, end } = this;
    let at = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) this.fail("the message ends inside a number");
      const byte = bytes[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value < 0 || (shift === 28 && byte > 0x07)) break;
        this.at = at;
        return value;
      }
    }
    return this.fail("a tag or length of 2 GiB or more");
  }

  private forward(size: number): void {
    if (size > this.end - this.at) this.fail(`a field of ${size} bytes where ${this.end - this.at} are left`);
    this.at += size;
  }

  private expect(tag: number, wireType: number): void {
    if ((tag & 7) !== wireType) this.fail(`field ${tag >>> 3} has wire type ${tag & 7} where ${wireType} belongs`);
  }
}

/** UTF-8 to text; the way without non-ASCII bytes is the cheaper one. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) >= 0x80) return bytes.toString("utf8", start, end);
  }
  return start === end ? "" : bytes.toString("latin1", start, end);
}

/** True when the bytes from `start` begin with this ASCII text. */
export function beginsWith(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

export function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  return end - start === text.length && beginsWith(bytes, start, end, text);
}
