import { Registry } from "@prometheus-io/client";

/** One registry per program, never the library's global one: tests run several programs in one process. */
export function createRegistry(): Registry {
  return new Registry();
}

export type { Registry };
