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
 * Maximum number of cached prepared statements. The program has a few dozen queries, each with a few numbers of rows, so
 * this is not reached; it prevents a query with a variable text from growing the cache without bound.
 */
const MAX_STATEMENTS = 200;

/** Kysely on node:sqlite. Destroying Kysely closes the database. */
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
  // One connection: Kysely runs one transaction or query at a time, so that no reader sees part of a batch.
  supportsMultipleConnections: false,
  // False in Kysely's own adapter, because of foreign keys. A kill during a migration would then leave half a schema.
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
    // Nearly every transaction writes: taking the write lock first means that it cannot fail partway.
    beginTransaction: async () => database.exec("begin immediate"),
    commitTransaction: async () => database.exec("commit"),
    rollbackTransaction: async () => {
      // After a full disk or an I/O error, SQLite has rolled back already. A second rollback would hide the first error.
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
    if (statements.size > MAX_STATEMENTS) {
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
      // Not cached: the caller's loop may run the same query, which would reset a shared statement.
      const statement = database.prepare(sql);
      for (const row of statement.iterate(...parameters.map(toSqlite))) yield { rows: [fromSqlite(row) as R] };
    },
  };
}

/**
 * node:sqlite converts values differently from PostgreSQL: it throws for undefined and booleans, and silently binds a Date
 * as NULL. Values without an equivalent are rejected instead of stored as something else.
 */
export function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null;
  switch (typeof value) {
    case "string":
    case "bigint":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored: the number must be finite`);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        throw new RangeError(`${value} cannot be stored exactly: pass it as a bigint`);
      }
      return value;
    case "boolean":
      return value ? 1 : 0;
  }
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return value;
  throw new TypeError("Only text, numbers, booleans, dates and bytes can be stored: convert an object to JSON first.");
}

/** node:sqlite returns rows without a prototype, which comparisons elsewhere do not expect. */
export function fromSqlite(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...row };
}
