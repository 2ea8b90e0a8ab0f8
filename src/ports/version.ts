import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname } from "node:path";

// Found by name, because the bundle lies elsewhere than this source file.
const manifest = findPackageJSON(import.meta.url);
if (manifest === undefined) throw new Error(`No package.json was found above ${import.meta.filename}.`);

const { version, description } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string; description: string };

/** The folder of package.json: the checkout, or where the program is installed. */
export const ROOT_FOLDER: string = dirname(manifest);

export const VERSION: string = version;
export const DESCRIPTION: string = description;
