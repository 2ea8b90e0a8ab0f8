import { z } from "zod";
import type { KeyPath } from "./file.ts";

/** The keys that may stand at `path`; none where any key may, or none. */
export function keysAt(schema: z.ZodType, path: KeyPath): readonly string[] {
  const found = schemaAt(schema, path);
  const inner = found && unwrap(found);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
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

/** The schema beneath what makes it optional or gives it a default. */
function unwrap(schema: z.ZodType): z.ZodType {
  const inner = unwrapOnce(schema);
  return inner === schema ? schema : unwrap(inner);
}

function unwrapOnce(schema: z.ZodType): z.ZodType {
  const wraps = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wraps ? (schema.unwrap() as z.ZodType) : schema;
}
