import type { ColumnDefinitionBuilder } from "kysely";

/** Where the two databases write one thing differently, a migration asks which it is on. */
export type Engine = "sqlite" | "postgres";

/** A primary key that counts up by itself and never uses a number twice. */
export function countingKey(
  engine: Engine,
): ["integer" | "bigserial", (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder] {
  if (engine === "postgres") return ["bigserial", (column) => column.primaryKey()];
  return ["integer", (column) => column.primaryKey().autoIncrement()];
}
