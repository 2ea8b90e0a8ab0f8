import { join } from "node:path";
import { buildPage } from "../../../scripts/build-page.ts";
import { withLock } from "./lock.ts";

/** The folder of the built page; builds it if it is missing or a source is newer. */
export async function builtPage(): Promise<string> {
  await withLock("ui-build", async () => buildPage());
  return join(import.meta.dirname, "../../../ui/dist");
}
