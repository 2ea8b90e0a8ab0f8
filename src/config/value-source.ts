import type { KeyPath } from "./key-path.ts";

/** A value from the environment or the command line. */
export interface ValueSource {
  readonly kind: "environment" | "argument";
  /** The name of the variable or option, for messages. */
  readonly where: string;
  readonly key: KeyPath;
  /** As written there. */
  readonly given: unknown;
  /** In the terms of the file. */
  readonly value: unknown;
  /** The accepted values in the terms of the variable, if they differ from the file's. */
  readonly expected?: string | undefined;
}

/** The source of the value at `path`; later sources override earlier ones. */
export function sourceOf(sources: readonly ValueSource[], path: readonly PropertyKey[]): ValueSource | undefined {
  return sources.findLast(({ key }) => key.every((part, index) => path[index] === part));
}
