/** Objects by a key, in bounded memory: what was not asked for in a long time is made anew. */
export interface Pool<T> {
  /**
   * The object last made for that key, else a new one. Whoever makes different objects under one key looks at what
   * comes back; nobody may be harmed by getting a new one.
   */
  get(key: string, make: () => T): T;
}

/** Two generations of half the capacity: what is asked for while it is in the old one is carried over. */
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
