import pg from "pg";
import type { Logger } from "../../telemetry/logger.ts";

/**
 * Exclusive ownership of a schema: a session lock of PostgreSQL. It ends with the connection, even when the process is
 * killed or its machine fails. Two watchers on one state would send every notification twice.
 */
export interface Owner extends AsyncDisposable {
  /** Throws an error for the operator while the lock is not held: the state must be neither read nor written then. */
  assertHeld(): void;
}

export interface OwnerOptions {
  readonly connectionString: string;
  readonly schema: string;
  /** Host and database, for messages. */
  readonly database: string;
  readonly logger: Logger;
}

const RETRY_MS = 1_000;

/** Rejects when another process holds the lock, or the database cannot be reached. */
export async function becomeOwner({ connectionString, schema, database, logger }: OwnerOptions): Promise<Owner> {
  let client: pg.Client | undefined;
  let problem: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function acquire(): Promise<void> {
    const next = new pg.Client({
      connectionString,
      application_name: "pod-watcher (owner)",
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
    next.on("error", () => lose(next));
    next.on("end", () => lose(next));
    try {
      await next.connect();
      const { rows } = await next.query<{ held: boolean }>(
        "select pg_try_advisory_lock(hashtextextended($1, 0)) as held",
        [`pod-watcher:${schema}`],
      );
      if (rows[0]?.held !== true) throw new OwnedByAnotherError(database, schema);
    } catch (error) {
      await next.end().catch(() => {});
      throw error;
    }
    client = next;
    problem = undefined;
  }

  function lose(lost: pg.Client): void {
    if (client !== lost || isClosed) return;
    client = undefined;
    problem = `The connection to ${database} that holds the lock on the state was lost. It is being restored.`;
    logger.warn({ event: "database_ownership_lost", database }, "The lock on the state was lost.");
    scheduleAcquire();
  }

  function scheduleAcquire(): void {
    timer = setTimeout(() => {
      acquire().then(
        () =>
          logger.info({ event: "database_ownership_regained", database }, "The lock on the state was acquired again."),
        (error: unknown) => {
          if (error instanceof OwnedByAnotherError) problem = error.message;
          if (!isClosed) scheduleAcquire();
        },
      );
    }, RETRY_MS);
    timer.unref();
  }

  await acquire();
  return {
    assertHeld: () => {
      if (problem !== undefined) throw new Error(problem);
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}

export class OwnedByAnotherError extends Error {
  override readonly name = "OwnedByAnotherError";

  constructor(database: string, schema: string) {
    super(
      `Another Pod Watcher uses schema ${schema} of ${database}, and only one may run at a time. Stop the other one (in a Deployment: replicas 1 and strategy Recreate), or configure another database.`,
    );
  }
}
