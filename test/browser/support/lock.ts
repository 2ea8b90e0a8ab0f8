import { mkdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A crashed holder leaves its folder behind; nothing guarded here takes this long. */
const ABANDONED_AFTER = 180_000;

/** Admits one process of this machine at a time: test files run in several. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = join(tmpdir(), `pod-watcher-${name}.lock`);
  for (;;) {
    try {
      await mkdir(path);
      break;
    } catch {
      const age =
        Date.now() -
        (await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => Date.now(),
        ));
      if (age > ABANDONED_AFTER) await rm(path, { recursive: true, force: true });
      await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}
