import type { Terminal } from "../../src/cli/terminal.ts";

export interface OwnTerminal extends Terminal {
  printed(): string;
  complaints(): string;
}

/** A terminal that records its output. */
export function ownTerminal(env: Record<string, string> = {}): OwnTerminal {
  const out: string[] = [];
  const err: string[] = [];
  return {
    env,
    out: { write: (text) => out.push(text) },
    err: { write: (text) => err.push(text) },
    printed: () => out.join(""),
    complaints: () => err.join(""),
  };
}
