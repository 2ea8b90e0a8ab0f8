import { readFile } from "node:fs/promises";
import { inspect } from "node:util";

/**
 * Something that must not be seen. The value is reachable through `read` alone: printing, logging, comparing or
 * serialising the object shows where it comes from and never what it is.
 */
export interface Secret {
  /** Where it comes from: `OPENSHIFT_TOKEN`, `/etc/secret/token`. */
  readonly source: string;
  /** The file that is read, if it is one. */
  readonly file: string | undefined;
  /** The present value; a file is read anew each time, since mounted secrets rotate. Rejects when there is none. */
  read(): Promise<string>;
}

export function secretValue(source: string, value: string): Secret {
  return opaque(source, undefined, async () => value);
}

/** The file's content without the white space around it. An empty file is as good as none: mounts begin empty. */
export function secretFile(path: string, { shortest = 1 }: { readonly shortest?: number } = {}): Secret {
  return opaque(path, path, async () => {
    const value = (await readFile(path, "utf8")).trim();
    if (value === "") throw new Error(`${path} is empty: it should hold the secret and nothing else`);
    if (value.length < shortest) throw new Error(`${path} holds less than ${shortest} characters`);
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
