/** Deep equality of plain JSON values. An undefined member counts as absent. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => isSame(item, b[at]));
  }
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const isCovered = Object.keys(left).every((key) => isSame(left[key], right[key]));
  return isCovered && Object.keys(right).every((key) => key in left || right[key] === undefined);
}
