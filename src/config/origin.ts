import type { KeyPath } from "./file.ts";

/** A value that did not come from the file, and what to call it when it is wrong. */
export interface Origin {
  readonly source: "environment" | "argument";
  readonly where: string;
  readonly key: KeyPath;
  readonly given: unknown;
  readonly expected?: string | undefined;
}

/** The last one wins, as it did when the values were laid over one another. */
export function originOf(origins: readonly Origin[], path: readonly PropertyKey[]): Origin | undefined {
  return origins.findLast(({ key }) => key.every((part, index) => path[index] === part));
}
