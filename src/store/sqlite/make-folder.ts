import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing. Rejects with the error of the first that cannot be made. Not
 * `mkdir` with `recursive`: below a folder that answers every mkdir with ENOENT, as /proc does, that of Node 24 never
 * comes to an end.
 */
export async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent !== folder && (await isMissing(parent))) await makeFolder(parent);
  await mkdir(folder).catch(async (error: unknown) => {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true) throw error;
  });
}

/** Only what is certainly not there: any other trouble with it is for mkdir to name. */
async function isMissing(path: string): Promise<boolean> {
  return await stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}
