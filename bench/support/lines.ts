import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** JSON values, a line each. Rejects when there will be no more. */
export function createLines(stream: Readable): { next(): Promise<unknown> } {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error("the process has ended without an answer");
      return JSON.parse(value);
    },
  };
}
