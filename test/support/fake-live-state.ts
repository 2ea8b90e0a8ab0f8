import type { Alert } from "../../src/core/model/alert.ts";
import type { PodHistory } from "../../src/core/model/history.ts";
import type { PodSnapshot } from "../../src/core/model/pod.ts";
import type { Duration } from "../../src/core/model/time.ts";
import type { LiveState, StateChanges } from "../../src/ports/live-state.ts";
import type { NamespaceHealth } from "../../src/ports/pods.ts";
import type { TerminationCount } from "../../src/ports/store.ts";

/** The live state of the watcher, set by a test. */
export interface FakeLiveState extends LiveState {
  see(...pods: PodSnapshot[]): void;
  remember(...histories: PodHistory[]): void;
  remove(uid: string): void;
  /** Sets alerts and notifies the listeners, as after a commit. */
  commit(...alerts: Alert[]): void;
  watch(...health: NamespaceHealth[]): void;
  terminated(...counts: TerminationCount[]): void;
  skew(node: string, by: Duration): void;
  readonly listeners: number;
}

const REFUSED: ReadonlySet<NamespaceHealth["state"]> = new Set(["forbidden", "unauthenticated", "missing"]);

export function createFakeLiveState(): FakeLiveState {
  const pods = new Map<string, PodSnapshot>();
  const byName = new Map<string, PodSnapshot>();
  const histories = new Map<string, PodHistory>();
  const alerts = new Map<string, Alert>();
  const health = new Map<string, NamespaceHealth>();
  const terminations: TerminationCount[] = [];
  const skewed = new Map<string, Duration>();
  const listeners = new Set<(changes: StateChanges) => void>();

  const notify = (changes: Partial<StateChanges>) => {
    const all = { pods: new Map(), alerts: [], namespaces: new Set<string>(), ...changes };
    for (const listener of [...listeners]) listener(all);
  };

  return {
    source: {
      *pods(namespace) {
        for (const pod of pods.values()) if (namespace === undefined || pod.namespace === namespace) yield pod;
      },
      pod: (namespace, name) => byName.get(`${namespace}/${name}`),
      namespaces: () => [...health.keys()].sort(),
      health: () => [...health.values()].sort((a, b) => (a.namespace < b.namespace ? -1 : 1)),
      healthOf: (namespace) => health.get(namespace),
    },
    skewedNodes: () => skewed,
    skew: (node, by) => void skewed.set(node, by),
    syncProgress: () => ({
      watched: health.size,
      settled: [...health.values()].filter(
        ({ lastSyncedAt, state }) => lastSyncedAt !== undefined || REFUSED.has(state),
      ).length,
    }),
    history: (uid) => histories.get(uid),
    alerts: () => alerts.values(),
    alert: (fingerprint) => alerts.get(fingerprint),
    alertsOf: (uid) =>
      [...alerts.values()].filter(({ state, sources }) => state.name !== "resolved" && sources.includes(uid)),
    podsOf: (namespace, { kind, name }) =>
      [...pods.values()].filter(
        (pod) => pod.namespace === namespace && pod.workload.kind === kind && pod.workload.name === name,
      ),
    priorState: (pod) => ({
      pod: histories.get(pod.uid),
      workload: undefined,
      alert: (fingerprint) => alerts.get(fingerprint),
      alerts: [...alerts.values()].filter(({ sources }) => sources.includes(pod.uid)),
    }),
    terminations: () => terminations,
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    see: (...seen) => {
      for (const pod of seen) {
        pods.set(pod.uid, pod);
        byName.set(`${pod.namespace}/${pod.name}`, pod);
      }
      notify({ pods: new Map(seen.map((pod) => [pod.uid, pod])) });
    },
    remember: (...more) => {
      for (const history of more) histories.set(history.uid, history);
    },
    remove: (uid) => {
      const pod = pods.get(uid)!;
      pods.delete(uid);
      const key = `${pod.namespace}/${pod.name}`;
      if (byName.get(key) === pod) byName.delete(key);
      notify({ pods: new Map([[uid, pod]]) });
    },
    commit: (...changed) => {
      for (const alert of changed) alerts.set(alert.fingerprint, alert);
      notify({ alerts: changed });
    },
    watch: (...changed) => {
      for (const one of changed) health.set(one.namespace, one);
      notify({ namespaces: new Set(changed.map(({ namespace }) => namespace)) });
    },
    terminated: (...counts) => void terminations.push(...counts),
    get listeners() {
      return listeners.size;
    },
  };
}
