/** A cache of shared objects in bounded memory. */
export interface Pool<T> {
  /**
   * The cached object of a key, or a new one. Callers that create different objects for one key must check the result.
   */
  get(key: string, make: () => T): T;
}

/** Two generations of half the capacity; an object used while it is in the old one moves to the young one. */
export function createPool<T>(capacity: number): Pool<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return {
    get(key, make) {
      const known = young.get(key);
      if (known !== undefined) return known;
      const value = old.get(key) ?? make();
      if (young.size >= capacity / 2) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
      return value;
    },
  };
}
