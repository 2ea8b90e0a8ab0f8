import type { Environment } from "../config/env.ts";

/** Environment and output of a command, as arguments, so that tests can run commands within their process. */
export interface Terminal {
  readonly env: Environment;
  readonly out: Output;
  readonly err: Output;
}

export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function printLine(output: Output, line: string): void {
  output.write(`${line}\n`);
}

/** Columns as wide as their widest cell, except the last one, which is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
