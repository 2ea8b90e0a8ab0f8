import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

/** The migrations and a few queries differ between the two. */
export type Engine = "sqlite" | "postgres";

/** Where a copy of the state lies, and how large it is. */
export interface Backup {
  readonly path: string;
  readonly bytes: number;
}

/** What the two databases do differently. Queries and migrations are the same on both. */
export interface Backend {
  readonly engine: Engine;
  readonly db: Kysely<Tables>;
  /** Throws a sentence for the operator while another process may be at the state: nothing is read or written then. */
  assertOwned(): void;
  /** Bytes on disk. */
  size(): Promise<number>;
  /** Gives space that pruning has freed back to the system, as far as that goes without disturbing anybody. */
  shrink(): Promise<void>;
  /** A copy that can take the state's place, while it is in use. */
  backUp(): Promise<Backup>;
  /** The same failure, said to the person who can mend it: where, why, what to do. Never holds a password. */
  explain(error: unknown): Error;
  close(): Promise<void>;
}
