/** Bytes kept until the rest of their unit arrives. Grows with what has arrived, never with what was announced. */
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
    // One huge object must not hold its memory for the life of the stream.
    if (this.bytes.length > LARGEST_KEPT) this.bytes = Buffer.allocUnsafe(INITIAL);
  }
}

const INITIAL = 16 << 10;
const LARGEST_KEPT = 1 << 20;

/** No object of Kubernetes comes near: etcd takes at most 1.5 MiB, and a stream that announces more is broken. */
export const MAX_FRAME_BYTES = 64 << 20;

/** The same bytes as a Buffer, not copied. */
export function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
