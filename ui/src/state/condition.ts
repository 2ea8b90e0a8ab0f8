import type { Attention } from "./attention.ts";
import { type Freshness, isOutOfDate } from "./link.ts";
import type { Coverage } from "./unknown-namespaces.ts";

/** The knowledge of the page, the worst first: not knowing is a state of its own. */
export type Condition =
  | "signed-out"
  | "denied"
  | "gone"
  | "reconnecting"
  | "unknown"
  | "paused"
  | "connecting"
  | "live";

export interface Known {
  readonly freshness: Freshness;
  readonly coverage: Coverage;
  readonly isPaused: boolean;
}

export function conditionOf({ freshness, coverage, isPaused }: Known): Condition {
  if (freshness === "signed-out" || freshness === "denied") return freshness;
  if (freshness === "stale") return "gone";
  if (freshness === "reconnecting") return "reconnecting";
  if (coverage.isTotal || coverage.unknown.length > 0) return "unknown";
  if (isPaused) return "paused";
  return freshness;
}

export type Favicon = "normal" | "critical" | "warning" | "unknown" | "lost";

export interface TabFace {
  /** Before the name of the page, such as `(4+?) `; empty when nothing needs attention. */
  readonly prefix: string;
  readonly favicon: Favicon;
}

/** The tab says what the page says: a number only for what is known. */
export function tabFace({ freshness, coverage }: Known, attention: Attention): TabFace {
  if (isOutOfDate(freshness)) return { prefix: "(?) ", favicon: "lost" };
  const { critical, warning, unknown } = attention;
  if (coverage.isTotal) return { prefix: "(?) ", favicon: "unknown" };
  if (coverage.unknown.length > 0) {
    const known = critical + warning;
    return { prefix: known === 0 ? "(?) " : `(${known}+?) `, favicon: "unknown" };
  }
  const all = critical + warning + unknown;
  const favicon = critical > 0 ? "critical" : unknown > 0 ? "unknown" : warning > 0 ? "warning" : "normal";
  return { prefix: all === 0 ? "" : `(${all}) `, favicon };
}
