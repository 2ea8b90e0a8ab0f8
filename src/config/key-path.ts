/** The path of a value in the file: keys of objects and indices of lists. */
export type KeyPath = readonly (string | number)[];

/** Undefined if there is no such value. */
export function valueAt(content: unknown, path: KeyPath): unknown {
  let value = content;
  for (const part of path) value = typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined;
  return value;
}

export function setValueAt(target: Record<string, unknown>, path: KeyPath, value: unknown): void {
  let inner = target;
  for (const part of path.slice(0, -1)) {
    const next = inner[part];
    inner = isObject(next) ? next : (inner[part] = {});
  }
  const last = path.at(-1);
  if (last !== undefined) inner[last] = value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
