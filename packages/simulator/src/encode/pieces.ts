/** Joins encoded pieces with as few copies as possible. */
import type { Encoded } from "./types.ts";

/** The size of one write: few frames and system calls, without large buffers. */
const CHUNK = 128 * 1024;

export function lengthOf(pieces: readonly Encoded[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

export function joined(pieces: readonly Encoded[]): Buffer {
  const whole = Buffer.allocUnsafe(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    piece.copy(whole, at);
    at += piece.length;
  }
  return whole;
}

/** The pieces in order, joined to chunks. */
export function* batched(pieces: Iterable<Encoded>): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let filled = 0;
  for (const piece of pieces) {
    if (filled + piece.length > chunk.length) {
      if (filled > 0) yield chunk.subarray(0, filled);
      // The socket owns a yielded chunk until it is sent.
      chunk = Buffer.allocUnsafe(Math.max(CHUNK, piece.length));
      filled = 0;
    }
    piece.copy(chunk, filled);
    filled += piece.length;
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
