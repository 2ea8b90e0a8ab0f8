import { run } from "./cli/run.ts";
import { readEnvironment } from "./config/env.ts";

process.exitCode = await run(process.argv.slice(2), {
  env: readEnvironment(),
  out: process.stdout,
  err: process.stderr,
});

// Something that cannot be cancelled, such as a credential plugin, may keep the process alive after a command has ended.
process.stdout.write("", () => setTimeout(() => process.exit(), 1_000).unref());
