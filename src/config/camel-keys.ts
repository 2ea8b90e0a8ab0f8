/** The type with its keys, outside of lists, in camel case: `max_streams` becomes `maxStreams`. No key is optional. */
export type CamelKeys<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T as CamelCase<Key & string>]-?: CamelKeys<T[Key]> }
    : T;

type CamelCase<Text extends string> = Text extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Text;

export function camelKeys<T extends object>(value: T): CamelKeys<T> {
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    typeof inner === "object" && inner !== null && !Array.isArray(inner) ? camelKeys(inner) : inner,
  ]);
  return Object.fromEntries(entries) as CamelKeys<T>;
}
