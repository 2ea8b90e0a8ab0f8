import { z } from "zod";
import { FileSchema } from "./schema.ts";
import { layersOf, type SchemaSetting, settingsIn } from "./schema-walk.ts";
import { readBoolean, readList, readNumber } from "./variable-text.ts";

/** All settings of the configuration file. */
export const SETTINGS: readonly SchemaSetting[] = settingsIn(FileSchema);

/** An environment variable that sets a key of the configuration file. */
export interface Parameter {
  readonly name: string;
  readonly key: readonly string[];
  /** The text of the variable in the terms of the file; text that cannot be read is left for the schema to reject. */
  readonly read: (text: string) => unknown;
  /** The accepted values, if they differ from those in the file. */
  readonly expected?: string | undefined;
}

export const PARAMETERS: readonly Parameter[] = SETTINGS.flatMap(({ key, schema, meta: { env } }) => {
  if (env === undefined) return [];
  return typeof env === "string" ? { name: env, key, read: readerFor(schema) } : { ...env, key };
});

function readerFor(schema: z.ZodType): (text: string) => unknown {
  const type = layersOf(schema).at(-1);
  if (type instanceof z.ZodArray) return readList;
  if (type instanceof z.ZodBoolean) return readBoolean;
  if (type instanceof z.ZodNumber) return readNumber;
  return (text) => text;
}

/** Variables that are read without being a setting of the file, with their descriptions. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  POD_WATCHER_CONFIG: "Path of the configuration file, if `--config` is not given.",
  POD_WATCHER_URL: "Address of a running Pod Watcher, for `alerts`, `explain`, `ack` and `silence`.",
  POD_WATCHER_TOKEN: "Token for the same commands.",
};

export const KNOWN_VARIABLES: ReadonlySet<string> = new Set([
  ...PARAMETERS.map(({ name }) => name),
  ...Object.keys(OTHER_VARIABLES),
]);
