import type { Evaluation } from "../core/evaluate/evaluate.ts";
import { DEFAULT_JOIN } from "../core/incident/lifecycle.ts";
import type { Acknowledgement, Alert, KeyEvidence } from "../core/model/alert.ts";
import type { Duration, Instant } from "../core/model/time.ts";
import type { WatcherEvents } from "../telemetry/watcher-events.ts";
import type { BatchWriter } from "./batch-writer.ts";
import { createCoveringAcknowledgements } from "./covering-acknowledgements.ts";

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
  /**
   * Undefined when there is no open alert with this fingerprint. The acknowledgement of an incident can also be removed
   * from a resolved alert, where it would cover later ones.
   */
  acknowledge(fingerprint: string, acknowledgement: Acknowledgement | undefined): Alert | undefined;
  /** False when this episode is no longer open. */
  addEvidence(alert: Pick<Alert, "fingerprint" | "episode">, evidence: KeyEvidence): boolean;
  evictResolved(before: Instant, isPruned: (alert: Alert) => Promise<boolean>): Promise<void>;
}

export interface EvaluatedAlertsOptions {
  readonly now: () => Instant;
  /** `incidents.join`, 30 min by default. */
  readonly join: (() => Duration) | undefined;
}

export function createEvaluatedAlerts(
  writer: BatchWriter,
  events: WatcherEvents,
  { now, join = () => DEFAULT_JOIN }: EvaluatedAlertsOptions,
): EvaluatedAlerts {
  const alerts = new Map<string, Alert>();
  const openBySource = new Map<string, Set<string>>();
  const covering = createCoveringAcknowledgements((fingerprint) => alerts.get(fingerprint), join);

  function put(alert: Alert): void {
    removeFromIndex(alert.fingerprint);
    alerts.set(alert.fingerprint, alert);
    covering.note(alert);
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

  /** A new alert, or one that begins to fire, is acknowledged with its incident. */
  function covered(alert: Alert): Alert {
    const before = alerts.get(alert.fingerprint);
    const isNew = before === undefined || before.episode !== alert.episode || before.state.name !== alert.state.name;
    if (!isNew || alert.state.name === "resolved" || alert.acknowledgement !== undefined) return alert;
    if (alert.formerAcknowledgement !== undefined && before?.episode === alert.episode) return alert;
    const acknowledgement = covering.for(alert, now());
    return acknowledgement === undefined ? alert : { ...alert, acknowledgement };
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
        covering.remove(alert.fingerprint);
        writer.pending.drop(alert);
      }
      for (const alert of changes.alerts.map(covered)) {
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
      if (alert === undefined) return undefined;
      const isRemoval = acknowledgement === undefined && alert.acknowledgement?.coversIncident === true;
      if (alert.state.name === "resolved" && !isRemoval) return undefined;
      const { acknowledgement: _, ...rest } = alert;
      const next: Alert = acknowledgement === undefined ? rest : { ...rest, acknowledgement };
      alerts.set(fingerprint, next);
      covering.note(next);
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
        covering.remove(alert.fingerprint);
        writer.alerts.delete(alert.fingerprint);
      }
    },
  };
}
