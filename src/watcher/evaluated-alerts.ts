import type { Evaluation } from "../core/evaluate/evaluate.ts";
import type { Acknowledgement, Alert, KeyEvidence } from "../core/model/alert.ts";
import type { Instant } from "../core/model/time.ts";
import type { WatcherEvents } from "../telemetry/watcher-events.ts";
import type { BatchWriter } from "./batch-writer.ts";

/**
 * The newest episode of every alert as last evaluated, and the open ones by source. `BatchWriter.alerts` has the same
 * alerts as last committed. A source is the UID of a pod, or a name with a colon for findings from elsewhere.
 */
export interface EvaluatedAlerts {
  get(fingerprint: string): Alert | undefined;
  open(): Iterable<Alert>;
  openOf(source: string): readonly Alert[];
  /** Every source that has open alerts, with one of them. */
  openSources(): Iterable<readonly [source: string, alert: Alert]>;
  /** Takes over stored alerts, which are committed already. */
  load(alerts: readonly Alert[]): void;
  apply(changes: Pick<Evaluation, "alerts" | "forgotten" | "transitions">): void;
  /** Undefined when there is no open alert with this fingerprint. */
  acknowledge(fingerprint: string, acknowledgement: Acknowledgement | undefined): Alert | undefined;
  /** False when this episode is no longer open. */
  addEvidence(alert: Pick<Alert, "fingerprint" | "episode">, evidence: KeyEvidence): boolean;
  evictResolved(before: Instant, isPruned: (alert: Alert) => Promise<boolean>): Promise<void>;
}

export function createEvaluatedAlerts(writer: BatchWriter, events: WatcherEvents): EvaluatedAlerts {
  const alerts = new Map<string, Alert>();
  const openBySource = new Map<string, Set<string>>();

  function put(alert: Alert): void {
    removeFromIndex(alert.fingerprint);
    alerts.set(alert.fingerprint, alert);
    if (alert.state.name === "resolved") return;
    for (const source of alert.sources) {
      const open = openBySource.get(source);
      if (open === undefined) openBySource.set(source, new Set([alert.fingerprint]));
      else open.add(alert.fingerprint);
    }
  }

  function removeFromIndex(fingerprint: string): void {
    for (const source of alerts.get(fingerprint)?.sources ?? []) {
      const open = openBySource.get(source);
      open?.delete(fingerprint);
      if (open?.size === 0) openBySource.delete(source);
    }
  }

  return {
    get: (fingerprint) => alerts.get(fingerprint),
    *open() {
      for (const alert of alerts.values()) if (alert.state.name !== "resolved") yield alert;
    },
    openOf: (source) => [...(openBySource.get(source) ?? [])].flatMap((fingerprint) => alerts.get(fingerprint) ?? []),
    *openSources() {
      for (const [source, fingerprints] of openBySource) {
        for (const fingerprint of fingerprints) {
          const alert = alerts.get(fingerprint);
          if (alert !== undefined) yield [source, alert];
          break;
        }
      }
    },

    load(stored) {
      for (const alert of stored) {
        put(alert);
        writer.alerts.set(alert.fingerprint, alert);
      }
    },

    apply(changes) {
      for (const alert of changes.forgotten) {
        removeFromIndex(alert.fingerprint);
        alerts.delete(alert.fingerprint);
        writer.pending.drop(alert);
      }
      for (const alert of changes.alerts) {
        put(alert);
        writer.pending.alert(alert);
      }
      for (const transition of changes.transitions) {
        writer.pending.transition(transition);
        events.alertChanged(transition);
      }
    },

    acknowledge(fingerprint, acknowledgement) {
      const alert = alerts.get(fingerprint);
      if (alert === undefined || alert.state.name === "resolved") return undefined;
      const { acknowledgement: _, ...rest } = alert;
      const next: Alert = acknowledgement === undefined ? rest : { ...rest, acknowledgement };
      alerts.set(fingerprint, next);
      writer.pending.alert(next);
      return next;
    },

    addEvidence({ fingerprint, episode }, evidence) {
      const alert = alerts.get(fingerprint);
      if (alert?.episode !== episode || alert.state.name === "resolved") return false;
      const next: Alert = { ...alert, evidence };
      alerts.set(fingerprint, next);
      writer.pending.alert(next);
      return true;
    },

    async evictResolved(before, isPruned) {
      for (const alert of [...alerts.values()]) {
        if (alert.state.name !== "resolved" || alert.state.resolvedAt >= before || !(await isPruned(alert))) continue;
        if (alerts.get(alert.fingerprint) !== alert) continue;
        alerts.delete(alert.fingerprint);
        writer.alerts.delete(alert.fingerprint);
      }
    },
  };
}
