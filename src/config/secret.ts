import { readFile } from "node:fs/promises";
import { inspect } from "node:util";

/** A secret value. Only `read` returns it; printing, logging or serializing the object shows its source instead. */
export interface Secret {
  /** `OPENSHIFT_TOKEN`, `/etc/secret/token`. */
  readonly source: string;
  /** The path, if the source is a file. */
  readonly file: string | undefined;
  /** The current value. A file is read on every call, because mounted secrets rotate. Rejects if there is no value. */
  read(): Promise<string>;
}

export function secretValue(source: string, value: string): Secret {
  return opaque(source, undefined, async () => value);
}

/** The content of the file without surrounding white space. An empty file counts as missing, because mounts start empty. */
export function secretFile(path: string, { minLength = 1 }: { readonly minLength?: number } = {}): Secret {
  return opaque(path, path, async () => {
    const value = (await readFile(path, "utf8")).trim();
    if (value === "") throw new Error(`${path} is empty: it must contain the secret and nothing else`);
    if (value.length < minLength) throw new Error(`${path} contains fewer than ${minLength} characters`);
    return value;
  });
}

function opaque(source: string, file: string | undefined, read: () => Promise<string>): Secret {
  const shown = `[secret from ${source}]`;
  const secret = { source, file };
  const hidden = {
    read: { value: read },
    toString: { value: () => shown },
    toJSON: { value: () => shown },
    [inspect.custom]: { value: () => shown },
  };
  return Object.defineProperties(secret, hidden) as Secret;
}
