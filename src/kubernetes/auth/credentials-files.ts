import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { CredentialsError, whyUnreadable } from "./credentials-error.ts";

export async function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** The path if it exists, else undefined. */
export async function existing(path: string): Promise<string | undefined> {
  return (await isThere(path)) ? path : undefined;
}

/** Reads a file with one value and an optional line feed. Throws CredentialsError if it is missing or empty. */
export async function readTrimmed(path: string): Promise<string> {
  const value = (await read(path)).trim();
  if (value !== "") return value;
  throw new CredentialsError(`${path} is empty`, "It must contain only the value.");
}

/**
 * The certificates in a file, reread for every connection. While the file is missing, as for a moment when a mounted
 * volume is updated, the previous ones are used. Throws CredentialsError when there are none.
 */
export function certificatesIn(path: string, { andPublic = false } = {}): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    try {
      const content = await read(path);
      if (!content.includes("-----BEGIN CERTIFICATE-----")) {
        throw new CredentialsError(
          `the CA file ${path} contains no certificate`,
          "It must be PEM and start with -----BEGIN CERTIFICATE-----.",
        );
      }
      known = andPublic ? [content, ...rootCertificates].join("\n") : content;
    } catch (error) {
      if (known === undefined) throw error;
    }
    return known;
  };
}

async function read(path: string): Promise<string> {
  // Opening a named pipe waits for a writer, in a thread that cannot be stopped: the process could not exit.
  if ((await stat(path).catch(() => undefined))?.isFIFO() === true)
    throw new CredentialsError(`${path} cannot be read: it is a named pipe`, "It must be a file, which is read again.");
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new CredentialsError(
      `${path} cannot be read: ${whyUnreadable(error)}`,
      "Check that the file exists and is readable for this user.",
      error,
    );
  });
}
