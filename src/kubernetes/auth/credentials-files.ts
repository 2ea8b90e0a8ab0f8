import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { CredentialsError, whyUnreadable } from "./credentials-error.ts";

export async function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** The path when there is something, else undefined. */
export async function existing(path: string): Promise<string | undefined> {
  return (await isThere(path)) ? path : undefined;
}

/** A file that holds one value, which may end in a line feed. Throws CredentialsError, also when it is empty. */
export async function readTrimmed(path: string): Promise<string> {
  const value = (await read(path)).trim();
  if (value !== "") return value;
  throw new CredentialsError(`${path} is empty`, "It should hold the value and nothing else.");
}

/**
 * The certificates in a file, read anew for every connection; while the file is missing, as it is for a moment when a
 * mounted one is exchanged, those that were read before. Throws CredentialsError when there were none.
 */
export function certificatesIn(path: string, { andPublic = false } = {}): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    try {
      const content = await read(path);
      if (!content.includes("-----BEGIN CERTIFICATE-----")) {
        throw new CredentialsError(
          `the CA file ${path} holds no certificate`,
          "It should be PEM and begin with -----BEGIN CERTIFICATE-----.",
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
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new CredentialsError(
      `${path} cannot be read: ${whyUnreadable(error)}`,
      "Is it there, and may this user read it?",
      error,
    );
  });
}
