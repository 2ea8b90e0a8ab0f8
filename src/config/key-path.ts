/** The path of a value in the file: keys of objects and indices of lists. */
export type KeyPath = readonly (string | number)[];

/** Undefined if there is no such value. */
export function valueAt(content: unknown, path: KeyPath): unknown {
  let value = content;
  for (const part of path) value = typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined;
  return value;
}
