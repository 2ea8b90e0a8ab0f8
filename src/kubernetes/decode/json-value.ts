/**
 * Typed access to parsed JSON. Absent and null are the zero value, as in Go. A type that differs from the API's is an
 * error, because a partly wrong pod is worse than none.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Describes an invalid value; the decoder adds its position in the stream. */
export class UnexpectedValue extends Error {}

export function objectAt(parent: JsonObject, key: string): JsonObject | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  return asObject(value, key);
}

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UnexpectedValue(`${what} is not an object`);
  }
  return value as JsonObject;
}

export function listAt(parent: JsonObject, key: string): readonly unknown[] {
  const value = parent[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new UnexpectedValue(`${key} is not a list`);
  return value;
}

export function textAt(parent: JsonObject, key: string): string {
  const value = parent[key];
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new UnexpectedValue(`${key} is not a string`);
  return value;
}

export function int32At(parent: JsonObject, key: string): number {
  const value = parent[key];
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number" || (value | 0) !== value) throw new UnexpectedValue(`${key} is not a 32-bit integer`);
  return value;
}

/** An exit code: Windows reports NTSTATUS codes such as 0xC0000005, which some kubelets write without a sign. */
export function exitCodeAt(parent: JsonObject, key: string): number {
  const value = parent[key];
  return typeof value === "number" && value >>> 0 === value ? value | 0 : int32At(parent, key);
}

/** Exact up to 2^53. */
export function int64At(parent: JsonObject, key: string): number {
  const value = parent[key];
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number") throw new UnexpectedValue(`${key} is not a number`);
  return value;
}

export function boolAt(parent: JsonObject, key: string): boolean {
  const value = parent[key];
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw new UnexpectedValue(`${key} is neither true nor false`);
  return value;
}
