/**
 * A process with a store, which tests kill or lock out: `node store-child.ts FOLDER COMMAND`.
 *
 * - `hold`: opens the store, prints `open` and keeps it open.
 * - `commit`: opens the store and commits batches endlessly, printing `committed N` when one is durable. The parts of
 *   batch N carry its number, so that the parent can detect an incomplete one.
 * - `fill`: the same with large batches, and continues after an error, printing `failed: MESSAGE`; ends after the third.
 *
 * If the store cannot be opened, prints `refused: MESSAGE` and exits with 3.
 */
import { writeSync } from "node:fs";
import { argv } from "node:process";
import { systemClock } from "../../src/ports/system-clock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { crashBatch } from "./crash-batch.ts";

const [, , folder = "", command = "hold"] = argv;

/** Writes synchronously: buffered output would be lost with the process. */
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
