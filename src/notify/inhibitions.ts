/** Which alerts are inhibited by which firing ones, according to the committed alerts. */
import type { Alert } from "../core/model/alert.ts";
import {
  type CompiledInhibitRule,
  compileInhibitRules,
  type Inhibition,
  type InhibitRule,
} from "../core/notify/inhibit.ts";
import { routingLabels } from "../core/notify/route.ts";
import type { LiveState } from "../ports/live-state.ts";

export interface Inhibitions {
  /** Takes over committed changes. Returns the firing alerts that may have become inhibited, or no longer are. */
  update(changed: Iterable<Pick<Alert, "fingerprint">>): readonly Alert[];
  /** Why this alert is inhibited; undefined if it is not. */
  of(alert: Alert): Inhibition | undefined;
}

/** The firing sources of one rule: by the values of its `equal` labels, and by fingerprint. */
interface Sources {
  readonly rule: CompiledInhibitRule;
  readonly firing: Map<string, Map<string, Alert>>;
}

export function createInhibitions(
  rules: readonly InhibitRule[],
  state: Pick<LiveState, "alert" | "alerts">,
): Inhibitions {
  const sources: readonly Sources[] = compileInhibitRules(rules).map((rule) => ({ rule, firing: new Map() }));

  /** The key under which targets are affected; undefined if this alert changes nothing for them. */
  function updateSources({ rule, firing }: Sources, alert: Alert): string | undefined {
    const labels = routingLabels(alert);
    if (!rule.isSource(labels)) return undefined;
    const key = rule.equalKey(labels);
    const known = firing.get(key);
    const wasFiring = known?.has(alert.fingerprint) ?? false;
    if (alert.state.name === "firing") {
      if (known === undefined) firing.set(key, new Map([[alert.fingerprint, alert]]));
      else known.set(alert.fingerprint, alert);
      return wasFiring ? undefined : key;
    }
    known?.delete(alert.fingerprint);
    if (known?.size === 0) firing.delete(key);
    return wasFiring ? key : undefined;
  }

  return {
    update(changed) {
      const affected = sources.map(() => new Set<string>());
      for (const { fingerprint } of changed) {
        const alert = state.alert(fingerprint);
        if (alert === undefined) continue;
        for (const [index, one] of sources.entries()) {
          const key = updateSources(one, alert);
          if (key !== undefined) affected[index]?.add(key);
        }
      }
      if (affected.every(({ size }) => size === 0)) return [];
      return [...state.alerts()].filter((alert) => {
        if (alert.state.name !== "firing") return false;
        const labels = routingLabels(alert);
        return sources.some(({ rule }, index) => rule.isTarget(labels) && affected[index]?.has(rule.equalKey(labels)));
      });
    },

    of(alert) {
      const labels = routingLabels(alert);
      for (const { rule, firing } of sources) {
        if (!rule.isTarget(labels)) continue;
        const isTwoSided = rule.isSource(labels);
        for (const source of firing.get(rule.equalKey(labels))?.values() ?? []) {
          if (!isTwoSided || !rule.isTarget(routingLabels(source))) return { rule: rule.name, source };
        }
      }
      return undefined;
    },
  };
}
