/** Putting encoded pieces together with as few copies as there can be. */
import type { Encoded } from "./types.ts";

/** As much as is written at once: few frames and system calls, and no large buffer is held for long. */
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

/** The pieces one after the other, joined to chunks. */
export function* batched(pieces: Iterable<Encoded>): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let filled = 0;
  for (const piece of pieces) {
    if (filled + piece.length > chunk.length) {
      if (filled > 0) yield chunk.subarray(0, filled);
      // What was handed out belongs to the socket until it is sent.
      chunk = Buffer.allocUnsafe(Math.max(CHUNK, piece.length));
      filled = 0;
    }
    piece.copy(chunk, filled);
    filled += piece.length;
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
