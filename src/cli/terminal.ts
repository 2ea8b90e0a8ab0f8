import type { Environment } from "../config/env.ts";
import { printable, printableJson, printableLine } from "../core/text/printable.ts";

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

/** The terminal for commands whose output contains names and messages from a cluster: they cannot control it. */
export function printableTerminal(terminal: Terminal): Terminal {
  const guarded = (output: Output): Output => ({
    ...(output.isTTY === undefined ? {} : { isTTY: output.isTTY }),
    write: (text) => output.write(printable(text)),
  });
  return { env: terminal.env, out: guarded(terminal.out), err: guarded(terminal.err) };
}

/** Line breaks in the text become spaces, so that it cannot pretend to be several lines. */
export function printLine(output: Output, line: string): void {
  output.write(`${printableLine(line)}\n`);
}

export function printJson(output: Output, value: unknown): void {
  output.write(`${printableJson(value, 2)}\n`);
}

/** Columns as wide as their widest cell, except the last one, which is not padded. */
export function table(unsafe: readonly (readonly string[])[]): string {
  const rows = unsafe.map((row) => row.map(printableLine));
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
