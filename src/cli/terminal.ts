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
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
  /** Writes a constant control sequence, which `write` would remove; only on a terminal. */
  readonly control?: (sequence: string) => void;
}

const DEFAULT_ROWS = 24;
const DEFAULT_COLUMNS = 80;

/** The terminal for commands whose output contains names and messages from a cluster: they cannot control it. */
export function printableTerminal(terminal: Terminal): Terminal {
  const guarded = (output: Output): Output => ({
    ...(output.isTTY === undefined ? {} : { isTTY: output.isTTY }),
    // Read every time: they change with the window.
    get rows() {
      return output.rows ?? DEFAULT_ROWS;
    },
    get columns() {
      return output.columns ?? DEFAULT_COLUMNS;
    },
    write: (text) => output.write(printable(text)),
    ...(output.isTTY === true ? { control: (sequence) => void output.write(sequence) } : {}),
  });
  return { env: terminal.env, out: guarded(terminal.out), err: guarded(terminal.err) };
}

/** Writes lines, each in a color or none: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function printColored(
  { env, out }: Pick<Terminal, "env" | "out">,
  lines: string,
  colorOf: (line: string) => Color | undefined,
): void {
  const isColored = out.control !== undefined && (env.NO_COLOR ?? "") === "";
  for (const line of lines.split(/(?<=\n)/)) {
    const color = isColored ? colorOf(line) : undefined;
    if (color !== undefined) out.control?.(COLORS[color]);
    out.write(line);
    if (color !== undefined) out.control?.("\u001B[0m");
  }
}

export type Color = keyof typeof COLORS;

const COLORS = { red: "\u001B[31m", yellow: "\u001B[33m", magenta: "\u001B[35m", bold: "\u001B[1m" };

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

export function amount(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
