import { z } from "zod";
import { VIEWS } from "../../core/view/filter.ts";
import { alertname, list, milliseconds, namespaceList, rowState, severity, time } from "./fields.ts";
import { health } from "./health.ts";
import { can } from "./permissions.ts";

const stateChange = z.object({ at: time, from: rowState, to: rowState });
export type StateChange = z.output<typeof stateChange>;

const rowAlert = z.object({
  fingerprint: z.string(),
  name: alertname,
  severity,
  firedAt: time,
  summary: z.string(),
});
export type RowAlert = z.output<typeof rowAlert>;

export const lastRestart = z
  .object({
    at: time,
    exitCode: z.int().exactOptional(),
    reason: z.string().exactOptional(),
    inferred: z.literal(true).exactOptional().meta({ description: "The time is not from a record of Kubernetes." }),
  })
  .meta({ id: "RestartRecord" });
export type LastRestart = z.output<typeof lastRestart>;

const ack = z.object({
  by: z.string(),
  at: time,
  note: z.string().exactOptional(),
  notifyOnWorsening: z.boolean(),
});
export type Ack = z.output<typeof ack>;

const shownOnly = { description: "Absent where the silence covers several namespaces." };
export const rowSilence = z.object({
  id: z.string().exactOptional().meta(shownOnly),
  by: z.string().exactOptional().meta(shownOnly),
  from: time,
  until: time,
  reason: z.string(),
});
export type RowSilence = z.output<typeof rowSilence>;

/** Members that do not apply are absent: 20,000 normal rows must stay small. */
export const row = z
  .object({
    id: z.string().meta({
      description:
        "`namespace/pod/container`, `namespace/pod`, `namespace/Kind/workload` or `namespace`. A new pod with the same name takes over the row.",
    }),
    scope: z.enum(["container", "pod", "workload", "namespace"]),
    namespace: z.string(),
    pod: z.string().exactOptional(),
    podUid: z.string().exactOptional(),
    container: z.string().exactOptional(),
    type: z
      .enum(["init", "sidecar", "ephemeral"])
      .exactOptional()
      .meta({ description: "Absent for a main container." }),
    state: rowState,
    since: time
      .exactOptional()
      .meta({ description: "Start of the state; absent when Normal since before the window." }),
    changes: list(stateChange)
      .exactOptional()
      .meta({ description: "Changes of the state within the window, oldest first; the most recent ones of many." }),
    severity: severity
      .exactOptional()
      .meta({ description: "Of the worst firing alert, whether or not it was delivered." }),
    alerts: list(rowAlert).exactOptional().meta({ description: "Firing alerts, the worst first." }),
    ack: ack.exactOptional(),
    silenced: rowSilence
      .exactOptional()
      .meta({ description: "The active silence; of several, the one that ends last." }),
    restarts: list(time).exactOptional().meta({ description: "Restarts within the window, oldest first." }),
    restartCount: z.int().exactOptional().meta({ description: "`restartCount` of Kubernetes; absent when 0." }),
    threshold: z.int().exactOptional().meta({ description: "Only where it differs from that of the state." }),
    windowMs: milliseconds.exactOptional().meta({ description: "Only where it differs from that of the state." }),
    lastRestart: lastRestart.exactOptional().meta({ description: "The most recent restart, even before the window." }),
    owner: z.string().exactOptional().meta({ description: "`Kind/name` of the workload; absent for a bare pod." }),
    node: z.string().exactOptional(),
    reason: z
      .string()
      .exactOptional()
      .meta({ description: "The Kubernetes reason.", examples: ["CrashLoopBackOff"] }),
    summary: z.string().exactOptional(),
    deletedAt: time.exactOptional().meta({ description: "The pod is gone; the row stays until its window ends." }),
    resolvedAt: time
      .exactOptional()
      .meta({ description: "The last alert resolved; the row stays until its window ends." }),
  })
  .meta({ id: "Row", description: "A container, or an alert that concerns no single container." });
export type Row = z.output<typeof row>;

const counts = z.object({ Failure: z.int(), Sent: z.int(), Warning: z.int(), Normal: z.int() });

const paging = z
  .object({
    page: z.int(),
    perPage: z.int(),
    matching: z.int().meta({ description: "Rows that match the query." }),
    gone: z.int().meta({ description: "Rows of deleted pods and resolved alerts that match the query otherwise." }),
    total: z.int().meta({ description: "All rows except those." }),
    unattended: z.int().meta({ description: "Failure and Sent, neither acknowledged nor silenced." }),
    severities: z
      .object({ critical: z.int(), unknown: z.int(), warning: z.int(), normal: z.int() })
      .meta({ description: "The same rows by severity." }),
    change: counts.meta({ description: "Rows per state, minus those at the start of the window." }),
    lastRestartAt: time.exactOptional(),
    namespaces: list(z.object({ namespace: z.string(), counts })),
  })
  .meta({ id: "Paging" });
export type Paging = z.output<typeof paging>;

export const settings = z.object({
  windowMs: milliseconds.meta({ description: "`restarts.timeframe` without overrides." }),
  threshold: z.int().meta({ description: "`restarts.threshold` without overrides." }),
  bucketMs: milliseconds.meta({ description: "Width of one bar of a timeline." }),
  can,
  selector: z.string().meta({ description: "What is watched, for display." }),
  consoleUrl: z.string().exactOptional().meta({ description: "Base address of the OpenShift console." }),
  cli: z.enum(["oc", "kubectl"]).meta({ description: "Command line of the commands to copy." }),
  confirmSilence: z
    .object({ containers: z.int(), durationMs: milliseconds })
    .meta({ description: "The page asks for confirmation of silences above these." }),
});
export type Settings = z.output<typeof settings>;

export const state = settings
  .extend({
    seq: z.int().meta({ description: "Number of the last included change; pass it to the stream as `since`." }),
    serverNow: time,
    version: z.string(),
    health,
    rows: list(row),
    paging: paging
      .exactOptional()
      .meta({ description: "Present with more than 20,000 rows: `rows` is then one page of the query." }),
  })
  .meta({ id: "State" });
export type State = z.output<typeof state>;

export const stateQuery = z.strictObject({
  ns: namespaceList,
  state: z.string().max(100).exactOptional().meta({ description: "States, comma-separated." }),
  severity: z
    .string()
    .max(100)
    .exactOptional()
    .meta({ description: "Severities, comma-separated: critical, unknown, warning, normal." }),
  q: z.string().max(200).exactOptional().meta({
    description:
      "Words, each part of the namespace, pod, container, owner, node, reason, summary or alert name; ignores case. `ns:`, `pod:`, `container:`, `owner:`, `node:` and `reason:` search one of them.",
  }),
  view: z
    .enum(VIEWS)
    .exactOptional()
    .meta({ description: "`problems`: not Normal (default); `muted`: acknowledged or silenced." }),
  sort: z.string().max(20).exactOptional().meta({ description: "A column; with a leading `-`, descending." }),
  page: z.coerce.number().int().min(1).exactOptional(),
  perPage: z.coerce.number().int().min(1).max(500).exactOptional(),
  gone: z.enum(["show", "hide"]).exactOptional().meta({ description: "Rows of deleted pods and resolved alerts." }),
});
export type StateQuery = z.output<typeof stateQuery>;
