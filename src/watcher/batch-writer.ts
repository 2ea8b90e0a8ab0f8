/**
 * What evaluations have left behind, committed in batches and then published: nobody hears of a change that is not
 * durable. One batch at a time; what cannot be written is kept and tried again, under what has come since.
 */

import type { Alert } from "../core/model/alert.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import { type Duration, MINUTE, SECOND } from "../core/model/time.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { StateChanges } from "../ports/live-state.ts";
import type { AlertStore } from "../ports/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { WatcherEvents } from "../telemetry/watcher-events.ts";
import { errorMessage } from "../util/error-message.ts";
import { PendingBatch } from "./pending-batch.ts";

export interface BatchWriterOptions {
  readonly clock: Clock;
  readonly store: Pick<AlertStore, "commit">;
  readonly logger: Logger;
  readonly events: WatcherEvents;
}

export interface BatchWriter {
  /** What the next batch will hold. Not to be kept: each commit begins another. */
  readonly pending: PendingBatch;
  /** The newest committed episode by fingerprint. */
  readonly alerts: Map<string, Alert>;
  /** The state of this pod, or of this namespace, is to be published; commits soon. */
  changedPod(pod: PodSnapshot): void;
  changedNamespace(namespace: string): void;
  /** Commits soon what `pending` holds. */
  soon(): void;
  /** Resolves when everything so far is committed and published, or rejects with why it cannot be. */
  settled(): Promise<void>;
  /** Why the last commit failed; undefined when it succeeded. */
  problem(): string | undefined;
  subscribe(listener: (changes: StateChanges) => void): Disposable;
  /** No commit is begun any more except by `settled`. */
  stop(): void;
}

/** Changes that come within this time share a transaction: 20 commits a second at most, each some milliseconds. */
const COMMIT_INTERVAL: Duration = 50;
/** A disk that is full is not emptier a millisecond later; a second keeps the delay of a passing fault short. */
const COMMIT_RETRY: Duration = SECOND;
/** A disk stays full for hours: the log must not fill another one meanwhile. */
const TELL_AGAIN: Duration = MINUTE;

export function createBatchWriter({ clock, store, logger, events }: BatchWriterOptions): BatchWriter {
  const alerts = new Map<string, Alert>();
  const listeners = new Set<(changes: StateChanges) => void>();
  let pending = new PendingBatch();
  let pods = new Map<string, Pick<PodSnapshot, "namespace" | "name">>();
  let namespaces = new Set<string>();
  let timer: Timer | undefined;
  let committing: Promise<void> | undefined;
  let problem: string | undefined;
  let problemToldAt: Duration = 0;
  let stopped = false;

  const sinceNotified = () => clock.monotonic() - problemToldAt;
  const isSettled = () => pending.isEmpty && pods.size === 0 && namespaces.size === 0;

  function soon(delay: Duration = 0): void {
    if (timer !== undefined || committing !== undefined || stopped) return;
    timer = clock.after(delay, () => {
      timer = undefined;
      void commit();
    });
  }

  /** Resolves when this batch is durable and published, or has failed and is kept for later. */
  function commit(): Promise<void> {
    committing ??= commitOnce().finally(() => {
      committing = undefined;
      if (!isSettled()) soon(problem === undefined ? COMMIT_INTERVAL : COMMIT_RETRY);
    });
    return committing;
  }

  async function commitOnce(): Promise<void> {
    const batch = pending.toBatch(clock.now());
    const isEmpty = pending.isEmpty;
    const changes = { pods, namespaces };
    pending = new PendingBatch();
    pods = new Map();
    namespaces = new Set();
    if (!isEmpty) {
      try {
        await store.commit(batch);
      } catch (error) {
        const how = problem === undefined ? "first" : sinceNotified() >= TELL_AGAIN ? "again" : "not told";
        if (how !== "not told") problemToldAt = clock.monotonic();
        problem = errorMessage(error);
        const dropped = pending.restore(batch);
        for (const [uid, pod] of changes.pods) pods.set(uid, pod);
        for (const namespace of changes.namespaces) namespaces.add(namespace);
        events.commitFailed(error, how);
        if (dropped > 0) events.transitionsDropped(dropped);
        return;
      }
      if (problem !== undefined) events.commitRecovered();
      problem = undefined;
    }
    for (const gone of batch.forgotten) alerts.delete(gone.fingerprint);
    for (const alert of batch.alerts) {
      const newest = alerts.get(alert.fingerprint);
      if (newest === undefined || newest.episode <= alert.episode) alerts.set(alert.fingerprint, alert);
    }
    publish({ ...changes, alerts: batch.alerts });
  }

  function publish(changes: StateChanges): void {
    for (const listener of listeners) {
      try {
        listener(changes);
      } catch (error) {
        logger.error({ event: "listener_failed", err: error }, "A listener to state changes failed.");
      }
    }
  }

  return {
    get pending() {
      return pending;
    },
    alerts,
    changedPod({ uid, namespace, name }) {
      pods.set(uid, { namespace, name });
      soon();
    },
    changedNamespace(namespace) {
      namespaces.add(namespace);
      soon();
    },
    soon: () => soon(),
    async settled() {
      timer?.cancel();
      timer = undefined;
      // The commit under way may have begun before the last change; the one after it holds all so far, whoever began it.
      await committing;
      if (committing !== undefined || !isSettled()) await commit();
      if (problem !== undefined) throw new Error(problem);
    },
    problem: () => problem,
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    stop() {
      stopped = true;
    },
  };
}
