/**
 * Commits the results of evaluations in batches and publishes each batch afterwards: listeners never see a change that
 * is not durable. One commit runs at a time. A batch that cannot be written is merged into the next one.
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
  /** Collects the next batch. Do not keep a reference: every commit starts a new one. */
  readonly pending: PendingBatch;
  /** The newest committed episode by fingerprint. */
  readonly alerts: Map<string, Alert>;
  /** Publishes this pod, or this namespace, with the next commit. */
  podChanged(pod: PodSnapshot): void;
  namespaceChanged(namespace: string): void;
  /** Schedules a commit of `pending`. */
  schedule(): void;
  /** Resolves when everything up to now is committed and published. Rejects with the reason when it cannot be. */
  settled(): Promise<void>;
  /** Why the last commit failed; undefined when it succeeded. */
  problem(): string | undefined;
  subscribe(listener: (changes: StateChanges) => void): Disposable;
  /** Cancels scheduled commits. Only `settled` commits from then on. */
  stop(): void;
}

/** Changes within this time share a transaction: at most 20 commits per second, each of some milliseconds. */
const COMMIT_INTERVAL: Duration = 50;
const RETRY_INTERVAL: Duration = SECOND;
/** A disk can stay full for hours: the log must not grow at the rate of the retries. */
const LOG_INTERVAL: Duration = MINUTE;

export function createBatchWriter({ clock, store, logger, events }: BatchWriterOptions): BatchWriter {
  const alerts = new Map<string, Alert>();
  const publisher = createPublisher(logger);
  let pending = new PendingBatch();
  let pods = new Map<string, Pick<PodSnapshot, "namespace" | "name">>();
  let namespaces = new Set<string>();
  let timer: Timer | undefined;
  let committing: Promise<void> | undefined;
  let problem: string | undefined;
  let problemLoggedAt: Duration = 0;
  let isStopped = false;

  const isSettled = () => pending.isEmpty && pods.size === 0 && namespaces.size === 0;

  function schedule(delay: Duration = 0): void {
    if (timer !== undefined || committing !== undefined || isStopped) return;
    timer = clock.after(delay, () => {
      timer = undefined;
      void commit();
    });
  }

  /** Resolves when this batch was published, or has failed and was merged into the next one. */
  function commit(): Promise<void> {
    committing ??= commitOnce().finally(() => {
      committing = undefined;
      if (!isSettled()) schedule(problem === undefined ? COMMIT_INTERVAL : RETRY_INTERVAL);
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
        for (const [uid, pod] of changes.pods) pods.set(uid, pod);
        for (const namespace of changes.namespaces) namespaces.add(namespace);
        const dropped = pending.restore(batch);
        if (dropped > 0) events.transitionsDropped(dropped);
        failed(error);
        return;
      }
      if (problem !== undefined) events.commitRecovered();
      problem = undefined;
    }
    for (const { fingerprint } of batch.dropped) alerts.delete(fingerprint);
    for (const alert of batch.alerts) {
      const newest = alerts.get(alert.fingerprint);
      if (newest === undefined || newest.episode <= alert.episode) alerts.set(alert.fingerprint, alert);
    }
    publisher.publish({ ...changes, alerts: batch.alerts });
  }

  function failed(error: unknown): void {
    const isFirst = problem === undefined;
    const isLogged = isFirst || clock.monotonic() - problemLoggedAt >= LOG_INTERVAL;
    if (isLogged) problemLoggedAt = clock.monotonic();
    problem = errorMessage(error);
    events.commitFailed(error, isFirst ? "first" : isLogged ? "repeated" : "unlogged");
  }

  return {
    get pending() {
      return pending;
    },
    alerts,
    podChanged({ uid, namespace, name }) {
      pods.set(uid, { namespace, name });
      schedule();
    },
    namespaceChanged(namespace) {
      namespaces.add(namespace);
      schedule();
    },
    schedule: () => schedule(),
    async settled() {
      timer?.cancel();
      timer = undefined;
      // A running commit may have started before the last change. The commit after it contains everything up to now.
      await committing;
      if (committing !== undefined || !isSettled()) await commit();
      if (problem !== undefined) throw new Error(problem);
    },
    problem: () => problem,
    subscribe: publisher.subscribe,
    stop() {
      isStopped = true;
    },
  };
}

function createPublisher(logger: Logger) {
  const listeners = new Set<(changes: StateChanges) => void>();
  return {
    publish(changes: StateChanges): void {
      for (const listener of listeners) {
        try {
          listener(changes);
        } catch (error) {
          logger.error({ event: "listener_failed", err: error }, "A listener to state changes failed.");
        }
      }
    },
    subscribe(listener: (changes: StateChanges) => void): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
