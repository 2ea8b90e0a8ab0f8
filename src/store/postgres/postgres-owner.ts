import pg from "pg";
import type { Logger } from "../../telemetry/logger.ts";

/**
 * The right to be the one process that keeps its state in a schema: a session lock of PostgreSQL, which ends with the
 * connection, also when the process is killed or its machine is gone. Two watchers on one state would tell everything
 * twice.
 */
export interface Owner extends AsyncDisposable {
  /** Throws a sentence for the operator while the lock is not held: then nothing may be read as truth nor written. */
  assertHeld(): void;
}

export interface OwnerOptions {
  readonly connectionString: string;
  readonly schema: string;
  /** Host and database, for messages. */
  readonly place: string;
  readonly logger: Logger;
}

const RETRY_MS = 1_000;

/** Rejects when another process holds the lock, or the database cannot be reached. */
export async function becomeOwner({ connectionString, schema, place, logger }: OwnerOptions): Promise<Owner> {
  let client: pg.Client | undefined;
  let problem: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function take(): Promise<void> {
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
      if (rows[0]?.held !== true) throw new OwnedByAnotherError(place, schema);
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
    problem = `the connection to ${place} that holds the right to write was lost`;
    logger.warn({ event: "database_ownership_lost", place }, "The right to write to the database was lost.");
    retake();
  }

  function retake(): void {
    timer = setTimeout(() => {
      take().then(
        () =>
          logger.info({ event: "database_ownership_regained", place }, "The right to write to the database is back."),
        (error: unknown) => {
          if (error instanceof OwnedByAnotherError) problem = error.message;
          if (!isClosed) retake();
        },
      );
    }, RETRY_MS);
    timer.unref();
  }

  await take();
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

  constructor(place: string, schema: string) {
    super(
      `Another Pod Watcher keeps its state in schema ${schema} of ${place}: only one may watch at a time. End that one first (in a Deployment: replicas 1 and strategy Recreate), or give this one a database of its own.`,
    );
  }
}
