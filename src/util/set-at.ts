/** Sets the value at a path of keys in `target`, and creates the objects on the way. */
export function setAt(target: Record<string, unknown>, path: readonly (string | number)[], value: unknown): void {
  let inner = target;
  for (const key of path.slice(0, -1)) {
    const next = inner[key];
    if (isRecord(next)) inner = next;
    else {
      const created: Record<string, unknown> = {};
      inner[key] = created;
      inner = created;
    }
  }
  const last = path.at(-1);
  if (last !== undefined) inner[last] = value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
