import type { Alert } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";
import { decisiveLines } from "../text/excerpt.ts";
import { maskSecrets } from "../text/mask.ts";
import { oneLine, shorten } from "../text/plain.ts";
import { lastEndOf, quotedIn } from "./why.ts";

/** The line that says why, of a container's last run or of Kubernetes. */
export interface LastLine {
  /** One line, masked. */
  readonly text: string;
  readonly from: "termination-message" | "log" | "kubernetes";
  readonly pod?: string;
  readonly container?: string;
  /** When the run ended. */
  readonly at?: Instant;
}

const MAX_LINE = 300;

/** The termination message, else the log, else what Kubernetes says; secrets are masked. */
export function lastLineOf(alert: Alert): LastLine | undefined {
  const { labels, subject } = alert;
  const end = lastEndOf(alert);
  const where = {
    ...(labels.pod === undefined ? {} : { pod: labels.pod }),
    ...(labels.container === undefined ? {} : { container: labels.container }),
  };
  const at = end?.finishedAt === undefined ? {} : { at: end.finishedAt };
  const said = decisiveLines(end?.message ?? "")[0];
  if (said !== undefined) return { text: textOf(said), from: "termination-message", ...where, ...at };
  const logged = decisiveLines(alert.evidence?.log?.join("\n") ?? "")[0];
  if (logged !== undefined) return { text: textOf(logged), from: "log", ...where, ...at };
  const waiting = subject.container?.state.name === "waiting" ? subject.container.state.message : undefined;
  const message = waiting === undefined || /^back-off /i.test(waiting) ? undefined : waiting;
  const reported =
    message ?? (labels.container === undefined ? quotedIn(alert.annotations.description).message : undefined);
  return reported === undefined ? undefined : { text: textOf(reported), from: "kubernetes", ...where };
}

function textOf(line: string): string {
  return shorten(maskSecrets(oneLine(line)), MAX_LINE);
}
