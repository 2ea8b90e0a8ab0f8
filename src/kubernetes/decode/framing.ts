import { CarryOverBuffer } from "./carry-over-buffer.ts";

export interface FrameSplitter {
  push(chunk: Buffer): void;
  /** Bytes of a unit that is not complete yet. */
  readonly held: number;
  /** Where the next unit begins in the stream. */
  readonly offset: number;
}

export interface FrameFormat {
  /**
   * The size of the unit that begins at `start`, told from its first bytes; undefined when they do not suffice. At
   * least 1. May throw.
   */
  size(bytes: Buffer, start: number, end: number): number | undefined;
  /** One complete unit, in order; `bytes` is only valid during the call. */
  take(bytes: Buffer, start: number, end: number, offset: number): void;
}

/** Cuts a stream into units of known size. A unit that lies within one chunk is handed over in place. */
export function splitFrames({ size, take }: FrameFormat): FrameSplitter {
  const hold = new CarryOverBuffer();
  let offset = 0;

  function deliver(bytes: Buffer, start: number, end: number): void {
    const begin = offset;
    offset += end - start;
    take(bytes, start, end, begin);
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (hold.length === 0) {
          const whole = size(chunk, at, chunk.length);
          if (whole === undefined || whole > chunk.length - at) {
            hold.append(chunk, at, chunk.length);
            return;
          }
          deliver(chunk, at, at + whole);
          at += whole;
          continue;
        }
        const whole = size(hold.bytes, 0, hold.length);
        // A header is a few bytes: one at a time, it is never held beyond its end.
        const missing = whole === undefined ? 1 : whole - hold.length;
        const here = Math.min(missing, chunk.length - at);
        hold.append(chunk, at, at + here);
        at += here;
        if (hold.length === (whole ?? size(hold.bytes, 0, hold.length))) {
          const { bytes, length } = hold;
          hold.clear();
          deliver(bytes, 0, length);
        }
      }
    },
    get held() {
      return hold.length;
    },
    get offset() {
      return offset;
    },
  };
}
