import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { createAlertQueries } from "./alert-queries.ts";
import { type Backend, createQueries } from "./backend.ts";
import { createDeliveryStore } from "./delivery-store.ts";
import { createEvidenceStore } from "./evidence-store.ts";
import { createOutboxStore } from "./outbox-store.ts";
import { DEFAULT_CONSUMER, prune } from "./prune.ts";
import { createActionStore, createSilenceStore } from "./silence-store.ts";

/** The store on either database. src/ports/store.ts says what it guarantees. */
export async function createStore(backend: Backend, clock: Clock): Promise<Store> {
  const queries = createQueries(backend, clock);
  const { run, write } = queries;
  const now = clock.now();
  // Legacy callers receive every alert since the first start, also one that fires and resolves before their first call.
  await write((trx) =>
    trx
      .insertInto("consumers")
      .values({ name: DEFAULT_CONSUMER, created_at: now, last_seen_at: now, last_sequence: 0 })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute(),
  );
  return {
    ...createAlertQueries(queries),
    deliveries: createDeliveryStore(queries),
    outbox: createOutboxStore(queries),
    silences: createSilenceStore(queries),
    actions: createActionStore(queries),
    evidence: createEvidenceStore(queries),
    prune: (before) => prune(queries, () => run(backend.shrink), before),
    size: () => run(backend.size),
    checkWritable: () =>
      write(async (trx) => {
        const row = { name: "writable", at: clock.now() };
        await trx
          .insertInto("write_checks")
          .values(row)
          .onConflict((conflict) => conflict.column("name").doUpdateSet({ at: row.at }))
          .execute();
      }),
    [Symbol.asyncDispose]: () => backend.close(),
  };
}
