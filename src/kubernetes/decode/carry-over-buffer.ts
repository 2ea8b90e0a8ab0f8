/** Bytes of an incomplete unit, kept until the rest arrives. Grows with the bytes received, not with announced lengths. */
export class CarryOverBuffer {
  bytes: Buffer = Buffer.allocUnsafe(INITIAL);
  length = 0;

  append(source: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    source.copy(this.bytes, this.length, start, end);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
    // One huge object must not occupy its memory until the stream ends.
    if (this.bytes.length > MAX_RETAINED) this.bytes = Buffer.allocUnsafe(INITIAL);
  }
}

const INITIAL = 16 << 10;
const MAX_RETAINED = 1 << 20;

/** etcd limits objects to 1.5 MiB, so a stream that announces a larger unit is broken. */
export const MAX_FRAME_BYTES = 64 << 20;

/** A Buffer over the same bytes, without a copy. */
export function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
