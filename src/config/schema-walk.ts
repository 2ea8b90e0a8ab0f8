import { z } from "zod";
import type { KeyPath } from "./key-path.ts";
import { type SettingMeta, settingMeta } from "./schema-types.ts";

/** A setting of the file as its schema describes it. */
export interface SchemaSetting {
  readonly key: readonly string[];
  readonly schema: z.ZodType;
  readonly description: string;
  readonly meta: SettingMeta;
  /** As written in a file; undefined without a default. */
  readonly defaultValue: unknown;
}

/** All settings in `schema`, in the order of their definition. */
export function settingsIn(
  schema: z.ZodType,
  key: readonly string[] = [],
  inherited: SettingMeta = {},
): readonly SchemaSetting[] {
  const layers = layersOf(schema);
  const meta = Object.assign({ ...inherited }, ...layers.map((layer) => settingMeta.get(layer)).reverse());
  const inner = layers.at(-1);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([name, child]) => settingsIn(child as z.ZodType, [...key, name], meta));
  }
  const defaulted = layers.find((layer) => layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault);
  return [
    { key, schema, meta, description: descriptionAt(schema, []) ?? "", defaultValue: defaulted?.def.defaultValue },
  ];
}

/** The keys that are allowed at `path`, which may depend on the `type` given there; none where any key is allowed. */
export function keysAt(schema: z.ZodType, path: KeyPath, type?: unknown): readonly string[] {
  const found = schemaAt(schema, path);
  const inner = found && layersOf(found).at(-1);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return [];
  const options = inner.options as readonly z.ZodObject[];
  return Object.keys(options.find(({ shape }) => shape.type?.safeParse(type).success)?.shape ?? {});
}

export function descriptionAt(schema: z.ZodType, path: KeyPath): string | undefined {
  const found = schemaAt(schema, path);
  return found && layersOf(found).find(({ description }) => description !== undefined)?.description;
}

function schemaAt(schema: z.ZodType, path: KeyPath): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  for (const part of path) {
    const inner: z.ZodType | undefined = layersOf(current).at(-1);
    if (inner instanceof z.ZodObject) current = inner.shape[part] as z.ZodType | undefined;
    else if (inner instanceof z.ZodRecord) current = inner.valueType as z.ZodType;
    else if (inner instanceof z.ZodArray) current = inner.element as z.ZodType;
    else return undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

/** The schema and what it wraps (optional, default, transform), from the outside in. */
export function layersOf(schema: z.ZodType): readonly z.ZodType[] {
  const inner = unwrapOnce(schema);
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)];
}

function unwrapOnce(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodPipe) return schema.in as z.ZodType;
  const wraps =
    schema instanceof z.ZodLazy ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return wraps ? (schema.unwrap() as z.ZodType) : undefined;
}

export function isDuration(schema: z.ZodType): boolean {
  return layersOf(schema).some((layer) => layer instanceof z.ZodPipe);
}
