import { run } from "./cli/run.ts";
import { endSoon } from "./cli/signals.ts";
import { readEnvironment } from "./config/env.ts";

process.exitCode = await run(process.argv.slice(2), {
  env: readEnvironment(),
  out: process.stdout,
  err: process.stderr,
});

endSoon();
