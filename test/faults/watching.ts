import { inspectNamespace } from "../../src/core/detect/namespace-health.ts";
import { defaultPolicy } from "../../src/core/model/policy.ts";
import { createApiRequest } from "../../src/kubernetes/api/api-request.ts";
import { createJobReader } from "../../src/kubernetes/api/jobs.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createWatcherEvents } from "../../src/telemetry/watcher-events.ts";
import { createWatcher, type Watcher } from "../../src/watcher/watcher.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import type { FaultWorld } from "./fault-world.ts";

export interface Watching extends AsyncDisposable {
  readonly watcher: Watcher;
  /** The names of all alerts that have fired since the start, in order. */
  readonly fired: readonly string[];
}

/** The real watcher on top of the source, with the default policy, and a store in memory unless one is given. */
export async function watching(world: FaultWorld, store?: MemoryStore): Promise<Watching> {
  const logger = createLogger("silent");
  const fired: string[] = [];
  const events = createWatcherEvents(logger, createRegistry());
  const watcher = createWatcher({
    clock: world.clock,
    source: { ...world.source, start: world.start },
    store: store ?? (await createMemoryStore()),
    jobs: createJobReader(createApiRequest(world.transport, world.clock)),
    logger,
    events: {
      ...events,
      alertChanged: (transition) => {
        if (transition.to === "firing") fired.push(transition.labels.alertname);
        events.alertChanged(transition);
      },
    },
    policyFor: () => defaultPolicy,
    inspectNamespace,
  });
  await watcher.start();
  return { watcher, fired, [Symbol.asyncDispose]: () => watcher[Symbol.asyncDispose]() };
}
