import { join } from "node:path";
import { buildPage } from "../../../scripts/build-page.ts";
import { withLock } from "./lock.ts";

/** The built page's folder; builds it when there is none, or when a source is newer. */
export async function builtPage(): Promise<string> {
  await withLock("ui-build", async () => buildPage());
  return join(import.meta.dirname, "../../../ui/dist");
}
