/**
 * A process that keeps state, to be killed or refused by tests: `node store-child.ts FOLDER COMMAND`.
 *
 * - `hold`: opens the store, prints `open` and keeps it.
 * - `commit`: opens the store and commits batch after batch without end, printing `committed N` when one is durable.
 *   Batch N is recognisable by its parts, so that the parent can see whether any is torn.
 * - `fill`: the same with large batches, and goes on after an error, printing `failed: MESSAGE`; ends after the third.
 *
 * What refuses to open is printed as `refused: MESSAGE`, and the exit code is 3.
 */
import { writeSync } from "node:fs";
import { argv } from "node:process";
import { systemClock } from "../../src/ports/system-clock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { crashBatch } from "./crash-batch.ts";

const [, , folder = "", command = "hold"] = argv;

/** Written at once: what a pipe's buffer holds dies with the process. */
const say = (line: string) => writeSync(1, `${line}\n`);

const store = await openStore({ kind: "sqlite", folder }, { clock: systemClock, logger: createLogger("silent") }).catch(
  (error: unknown) => {
    say(`refused: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(3);
  },
);
say("open");

if (command === "hold") {
  setInterval(() => {}, 60_000);
} else {
  let failures = 0;
  for (let number = (await store.load()).pods.length / 3 + 1; failures < 3; number++) {
    try {
      await store.commit(crashBatch(number, command === "fill" ? 100_000 : 100));
      say(`committed ${number}`);
    } catch (error) {
      failures += 1;
      say(`failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
