import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DOC_TABLES, withTables } from "./doc-tables.ts";

for (const path of Object.keys(DOC_TABLES)) {
  writeFileSync(join(import.meta.dirname, "..", path), withTables(path));
  console.log(`${path} is up to date`);
}
