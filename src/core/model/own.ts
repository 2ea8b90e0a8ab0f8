/**
 * The value of a key that the cluster or a caller chose; undefined if the record has none. An index would also find what
 * every object inherits: `constructor` is a valid name of a namespace or a container.
 */
export function own<Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
