import { DecodeError } from "./decode-error.ts";
import type { Interner } from "./packed-types.ts";
import { textOf } from "./text.ts";

/** Protocol buffers' wire types (protobuf encoding). Groups, 3 and 4, are not used by Kubernetes. */
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

const FIRST_AS_VARINT = (1 << 3) | VARINT;
const SECOND_AS_VARINT = (2 << 3) | VARINT;

/** For `ProtobufReader.next`. */
export function fields(...numbers: readonly number[]): number {
  return numbers.reduce((bits, number) => (number < 32 ? bits | (1 << number) : bits), 0);
}

/**
 * A cursor over one protobuf message in a buffer. Only the requested strings are copied. A field that extends beyond
 * `end` is a DecodeError.
 */
export class ProtobufReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  /** Position of `bytes` in the stream, for errors. */
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

  /**
   * Skips to the next wanted field and returns its tag; 0 at the end. `wanted` has one bit for each field number below
   * 32 (`fields`); higher numbers are always returned.
   */
  next(wanted: number): number {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      let tag = bytes[at] as number;
      let body = at + 1;
      if (tag >= 0x80) {
        tag = (tag & 0x7f) | ((bytes[body++] as number) << 7);
        if (tag >= 0x4000) tag = 0;
      }
      const number = tag >>> 3;
      const size = bytes[body] as number;
      // Nearly all fields have a tag of up to two bytes and a length of one byte.
      if (number === 0 || number > 31 || (wanted >>> number) & 1 || size >= 0x80) break;
      if ((tag & 7) === BYTES) at = body + 1 + size;
      else if ((tag & 7) === VARINT) at = body + 1;
      else break;
    }
    this.at = at;
    if (at > end) this.fail("a field that extends beyond its message");
    if (at === end) return 0;
    const tag = this.tag();
    if (tag >>> 3 > 31 || (wanted >>> (tag >>> 3)) & 1) return tag;
    this.skip(tag);
    return this.next(wanted);
  }

  /** Truncated to the low 32 bits, as in every protobuf decoder, because negative numbers are encoded with 64. */
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

  /** Exact up to 2^53, which no timestamp or generation exceeds. */
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

  /**
   * A time as all of 1978 to 2038 are written: eight bytes, of which five are the seconds. 0, and nothing read, when it
   * is written otherwise. A pod has some ten of them.
   */
  fiveByteSeconds(tag: number): number {
    const { bytes, at } = this;
    const isIt =
      (tag & 7) === BYTES &&
      at + 9 <= this.end &&
      bytes[at] === 8 &&
      bytes[at + 1] === FIRST_AS_VARINT &&
      (bytes[at + 2] as number) >= 0x80 &&
      (bytes[at + 3] as number) >= 0x80 &&
      (bytes[at + 4] as number) >= 0x80 &&
      (bytes[at + 5] as number) >= 0x80 &&
      (bytes[at + 6] as number) < 8 &&
      bytes[at + 7] === SECOND_AS_VARINT &&
      bytes[at + 8] === 0;
    if (!isIt) return 0;
    this.at = at + 9;
    return (
      ((bytes[at + 2] as number) & 0x7f) |
      (((bytes[at + 3] as number) & 0x7f) << 7) |
      (((bytes[at + 4] as number) & 0x7f) << 14) |
      (((bytes[at + 5] as number) & 0x7f) << 21) |
      ((bytes[at + 6] as number) << 28)
    );
  }

  /** Moves into a nested message, which limits `end` until `leave`. Returns the argument for `leave`. */
  enter(tag: number): number {
    this.expect(tag, BYTES);
    const size = this.size();
    const outer = this.end;
    if (size > outer - this.at) this.fail(`a field of ${size} bytes with ${outer - this.at} bytes left`);
    this.end = this.at + size;
    return outer;
  }

  /** Moves to the end of the nested message and restores `end`. */
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

  /** A string that is not interned, such as a name or a message. */
  text(tag: number): string {
    const outer = this.enter(tag);
    const value = textOf(this.bytes, this.at, this.end);
    this.leave(outer);
    return value;
  }

  /** An interned string. */
  shared(tag: number, interner: Interner): string {
    const outer = this.enter(tag);
    const value = interner.bytes(this.bytes, this.at, this.end);
    this.leave(outer);
    return value;
  }

  /** A tag or a length: a number below 2^31. */
  size(): number {
    const byte = this.bytes[this.at] as number;
    if (byte >= 0x80 || this.at >= this.end) return this.longSize();
    this.at++;
    return byte;
  }

  private longSize(): number {
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
    if (size > this.end - this.at) this.fail(`a field of ${size} bytes with ${this.end - this.at} bytes left`);
    this.at += size;
  }

  private expect(tag: number, wireType: number): void {
    if ((tag & 7) !== wireType) this.fail(`field ${tag >>> 3} has wire type ${tag & 7} instead of ${wireType}`);
  }
}
