import type { Kysely, Transaction } from "kysely";
import type { Clock } from "../ports/clock.ts";
import type { Tables } from "./schema.ts";

/** Migrations and a few queries differ between the two. */
export type Engine = "sqlite" | "postgres";

export interface Backup {
  readonly path: string;
  readonly bytes: number;
}

/** The differences between the two databases. Queries and migrations are the same on both. */
export interface Backend {
  readonly engine: Engine;
  readonly db: Kysely<Tables>;
  /** Throws an error for the operator while another process may own the state: reads and writes are unsafe then. */
  assertOwned(): void;
  /** First in each transaction that writes: rejects when another process owns the state, and keeps it from taking over. */
  fence(trx: Transaction<Tables>): Promise<void>;
  /** Bytes on disk. */
  size(): Promise<number>;
  /** Returns space that pruning has freed to the file system, as far as possible without blocking other queries. */
  shrink(): Promise<void>;
  /** Copies the state while it is in use. The copy can replace the state. */
  backUp(): Promise<Backup>;
  /** Rewrites an error for the operator: where, why, what to do. The message never contains a password. */
  explain(error: unknown): Error;
  close(): Promise<void>;
}

/** Queries outside of a transaction only read. */
export type Reader = Pick<Kysely<Tables>, "selectFrom" | "getExecutor">;

/** The database connection of all queries. Its functions reject with the error that `Backend.explain` returns. */
export interface Queries {
  readonly db: Reader;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly assertOwned: Backend["assertOwned"];
  readonly run: <T>(query: () => Promise<T>) => Promise<T>;
  /** The transaction of every write: it commits only while this process owns the state. */
  readonly write: <T>(work: (trx: Transaction<Tables>) => Promise<T>) => Promise<T>;
  /** A transaction whose reads all see the same state. */
  readonly snapshot: <T>(work: (trx: Reader) => Promise<T>) => Promise<T>;
}

export function createQueries({ db, engine, assertOwned, fence, explain }: Backend, clock: Clock): Queries {
  const run: Queries["run"] = async (query) => {
    assertOwned();
    try {
      return await query();
    } catch (error) {
      throw explain(error);
    }
  };
  return {
    db,
    engine,
    clock,
    assertOwned,
    run,
    write: (work) =>
      run(() =>
        db.transaction().execute(async (trx) => {
          await fence(trx);
          return await work(trx);
        }),
      ),
    snapshot: (work) => run(() => db.transaction().setIsolationLevel("repeatable read").execute(work)),
  };
}
