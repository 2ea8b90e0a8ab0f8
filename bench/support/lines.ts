import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** JSON values, one per line. Rejects when the process has ended. */
export function createLines(stream: Readable): { next(): Promise<unknown> } {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error("the process ended without a response");
      return JSON.parse(value);
    },
  };
}
