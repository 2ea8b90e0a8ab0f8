import { z } from "zod";
import type { KeyPath } from "./file.ts";

/** The keys that may stand at `path`, which may depend on the `type` that stands there; none where any key may. */
export function keysAt(schema: z.ZodType, path: KeyPath, type?: unknown): readonly string[] {
  const found = schemaAt(schema, path);
  const inner = found && unwrap(found);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return [];
  const options = inner.options as readonly z.ZodObject[];
  return Object.keys(options.find(({ shape }) => shape.type?.safeParse(type).success)?.shape ?? {});
}

/** What is said of the setting at `path`. */
export function meaningOf(schema: z.ZodType, path: KeyPath): string | undefined {
  let current = schemaAt(schema, path);
  while (current !== undefined) {
    if (current.description !== undefined) return current.description;
    const inner = unwrapOnce(current);
    if (inner === current) return undefined;
    current = inner;
  }
  return undefined;
}

function schemaAt(schema: z.ZodType, path: KeyPath): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  for (const part of path) {
    const inner: z.ZodType = unwrap(current);
    if (inner instanceof z.ZodObject) current = inner.shape[part] as z.ZodType | undefined;
    else if (inner instanceof z.ZodRecord) current = inner.valueType as z.ZodType;
    else if (inner instanceof z.ZodArray) current = inner.element as z.ZodType;
    else return undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

/** The schema beneath what makes it optional, gives it a default or turns it into something else. */
function unwrap(schema: z.ZodType): z.ZodType {
  const inner = unwrapOnce(schema);
  return inner === schema ? schema : unwrap(inner);
}

function unwrapOnce(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodLazy) return schema.unwrap() as z.ZodType;
  if (schema instanceof z.ZodPipe) return schema.in as z.ZodType;
  const wraps = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wraps ? (schema.unwrap() as z.ZodType) : schema;
}
