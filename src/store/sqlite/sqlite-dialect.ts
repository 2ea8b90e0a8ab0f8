import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type QueryResult,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";

/**
 * Statements kept prepared. The program has a few dozen queries, each in a few lengths (rows per insert), so this is
 * never reached in practice; it is there so that a query with a changing text cannot grow the cache without end.
 */
const STATEMENTS_KEPT = 200;

/** Kysely on Node's own SQLite. The database is handed in open and is closed when Kysely is destroyed. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => adapter,
    createDriver: () => sqliteDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

const adapter: DialectAdapter = {
  supportsCreateIfNotExists: true,
  // One connection: Kysely queues transactions and queries behind one another, so nobody sees half a batch.
  supportsMultipleConnections: false,
  // Kysely's own adapter says no for the sake of foreign keys; with it, a kill in mid-migration would leave half a schema.
  supportsTransactionalDdl: true,
  supportsReturning: true,
  supportsOutput: false,
  acquireMigrationLock: async () => {},
  releaseMigrationLock: async () => {},
};

function sqliteDriver(database: DatabaseSync): Driver {
  const connection = sqliteConnection(database);
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    // Every transaction of the store writes: taking the write lock first cannot fail half-way.
    beginTransaction: async () => database.exec("begin immediate"),
    commitTransaction: async () => database.exec("commit"),
    rollbackTransaction: async () => {
      // SQLite has rolled back by itself after a full disk or an I/O error; asking again would hide that error.
      if (database.isTransaction) database.exec("rollback");
    },
    releaseConnection: async () => {},
    destroy: async () => {
      if (database.isOpen) database.close();
    },
  };
}

function sqliteConnection(database: DatabaseSync): DatabaseConnection {
  const statements = new Map<string, StatementSync>();

  function prepare(sql: string): StatementSync {
    const known = statements.get(sql);
    if (known !== undefined) {
      statements.delete(sql);
      statements.set(sql, known);
      return known;
    }
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    if (statements.size > STATEMENTS_KEPT) {
      for (const oldest of statements.keys()) {
        statements.delete(oldest);
        break;
      }
    }
    return statement;
  }

  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const statement = prepare(sql);
      const values = parameters.map(toSqlite);
      if (statement.columns().length === 0) {
        return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
      }
      const rows = statement.all(...values).map((row) => fromSqlite(row) as R);
      return { rows, numAffectedRows: BigInt(rows.length) };
    },
    async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      // Not from the cache: the loop's body may run the same text and would reset a shared statement.
      const statement = database.prepare(sql);
      for (const row of statement.iterate(...parameters.map(toSqlite))) yield { rows: [fromSqlite(row) as R] };
    },
  };
}

/**
 * What node:sqlite makes of a value differs from what PostgreSQL does: it throws on undefined and booleans and binds a
 * Date as NULL without a word. A value that has no plain equal is refused rather than stored as something else.
 */
export function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null;
  switch (typeof value) {
    case "string":
    case "bigint":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored: a finite number is needed`);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        throw new RangeError(`${value} cannot be stored exactly: hand it over as a bigint`);
      }
      return value;
    case "boolean":
      return value ? 1 : 0;
  }
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return value;
  throw new TypeError("only text, numbers, booleans, dates and bytes can be stored: turn an object into JSON first");
}

/** Rows come without a prototype, which spreads and comparisons in the rest of the program do not expect. */
export function fromSqlite(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...row };
}
