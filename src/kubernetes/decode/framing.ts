import { CarryOverBuffer } from "./carry-over-buffer.ts";

export interface FrameSplitter {
  push(chunk: Buffer): void;
  /** Bytes of the incomplete unit. */
  readonly held: number;
  /** Position of the next unit in the stream. */
  readonly offset: number;
}

export interface FrameFormat {
  /**
   * The size of the unit at `start`, at least 1, from its first bytes; undefined when more bytes are needed. May throw.
   */
  size(bytes: Buffer, start: number, end: number): number | undefined;
  /** One complete unit, in order; `bytes` is only valid during the call. */
  take(bytes: Buffer, start: number, end: number, offset: number): void;
}

/** Splits a stream into units. A unit within one chunk is passed on without a copy. */
export function splitFrames({ size, take }: FrameFormat): FrameSplitter {
  const carried = new CarryOverBuffer();
  let offset = 0;

  function emit(bytes: Buffer, start: number, end: number): void {
    const begin = offset;
    offset += end - start;
    take(bytes, start, end, begin);
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (carried.length === 0) {
          const whole = size(chunk, at, chunk.length);
          if (whole === undefined || whole > chunk.length - at) {
            carried.append(chunk, at, chunk.length);
            return;
          }
          emit(chunk, at, at + whole);
          at += whole;
          continue;
        }
        const whole = size(carried.bytes, 0, carried.length);
        // Headers are short: reading them byte by byte never takes bytes of the next unit.
        const missing = whole === undefined ? 1 : whole - carried.length;
        const here = Math.min(missing, chunk.length - at);
        carried.append(chunk, at, at + here);
        at += here;
        if (carried.length === (whole ?? size(carried.bytes, 0, carried.length))) {
          const { bytes, length } = carried;
          carried.clear();
          emit(bytes, 0, length);
        }
      }
    },
    get held() {
      return carried.length;
    },
    get offset() {
      return offset;
    },
  };
}
