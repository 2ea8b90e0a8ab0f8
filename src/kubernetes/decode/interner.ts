/**
 * Keeps one copy of strings that many pods share (namespaces, nodes, images, reasons), in bounded memory: a set of
 * slots per hash, the oldest overwritten when a set is full. A string that was overwritten is merely stored again.
 */
export interface Interner {
  /** The shared copy of `value`. The copy never keeps a larger string or buffer alive. */
  string(value: string): string;
  /** The shared string of UTF-8 bytes, without making a new one when it is known. */
  bytes(buffer: Buffer, start: number, end: number): string;
  /** The shared object of that key; `make` is called when it is not known. Equal keys must mean equal objects. */
  shared<T extends object>(key: string, make: () => T): T;
}
