/**
 * Groups the alerts of each receiver and decides which groups are notified when. It compares committed alerts with what
 * each group was notified of, so that a restart needs no code of its own. A notification and what the group was
 * notified of are committed in one transaction; the outbox sender sends it afterwards.
 */
import type { Alert } from "../core/model/alert.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../core/model/time.ts";
import type { Labels } from "../core/notify/matcher.ts";
import type { HoldReason, Suppression } from "../core/notify/notification.ts";
import { type Destination, groupOf, routingLabels } from "../core/notify/route.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { GroupVerdict, OutboxStore } from "../ports/notifications.ts";
import type { AlertStore } from "../ports/store.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import { AlertGroups } from "./alert-groups.ts";
import { decideGroups } from "./decide-groups.ts";
import type { Inhibitions } from "./inhibitions.ts";

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly state: Pick<LiveState, "alerts" | "alert" | "subscribe">;
  readonly store: Pick<AlertStore, "alerts"> & { readonly outbox: Pick<OutboxStore, "groups" | "enqueue"> };
  readonly events: Pick<NotifyEvents, "queued" | "queueFailed">;
  readonly route: (labels: Labels) => readonly Destination[];
  readonly inhibitions: Pick<Inhibitions, "update">;
  /** Whether a silence or another alert suppresses an alert. */
  readonly suppressed: (alert: Alert, now: Instant) => Suppression | undefined;
  /** Maximum number of alerts in one notification; further ones are only counted. */
  readonly maxAlerts: number;
  /** Called after notifications for these receivers are committed. */
  readonly enqueued: (receivers: ReadonlySet<string>) => void;
}

export interface Dispatcher extends AsyncDisposable {
  /** Loads the groups and resolves when each has been decided once. While the store fails, it is retried. */
  start(): Promise<void>;
  /** Decides about every group again, after a change apart from the alerts, such as a silence. */
  reevaluate(): void;
  /** Resolves when no decision is in progress. */
  settled(): Promise<void>;
  /** The last decision about each group of an alert. */
  explain(alert: Alert): readonly GroupVerdict[];
}

/** Bounds the transaction, so that an alert storm does not delay the commits of the watcher. */
const GROUPS_PER_COMMIT = 50;
const RETRY_DELAY: Duration = SECOND;
/** Decisions are due by the wall clock, which may be set while a timer runs. */
const MAX_TIMER_DELAY: Duration = MINUTE;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { clock, state, store, events, inhibitions, suppressed, maxAlerts } = options;
  let groups = new AlertGroups(options);
  let subscription: Disposable | undefined;
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let isLoaded = false;
  let hasFailed = false;
  let isStopped = false;

  function run(): Promise<void> {
    running ??= decidePending().finally(() => {
      running = undefined;
      if (groups.pending.size > 0 && !isStopped && !hasFailed) void run();
      else schedule();
    });
    return running;
  }

  async function decidePending(): Promise<void> {
    try {
      if (!isLoaded) await load();
      else if (hasFailed) await groups.reload();
      hasFailed = false;
      const keys = [...groups.pending];
      for (let from = 0; from < keys.length && !isStopped; from += GROUPS_PER_COMMIT) {
        await decideBatch(keys.slice(from, from + GROUPS_PER_COMMIT));
      }
    } catch (error) {
      hasFailed = true;
      events.queueFailed(error);
    }
  }

  /** Starts from nothing, because an earlier attempt may have failed partway. */
  async function load(): Promise<void> {
    const loaded = new AlertGroups(options);
    await loaded.load();
    inhibitions.update(state.alerts());
    for (const alert of state.alerts()) loaded.add(alert);
    await loaded.adoptOrphans();
    // Alerts may have changed meanwhile.
    inhibitions.update(state.alerts());
    for (const alert of state.alerts()) loaded.add(alert);
    groups = loaded;
    isLoaded = true;
  }

  async function decideBatch(keys: readonly string[]): Promise<void> {
    groups.unmark(keys);
    try {
      const decision = { outbox: store.outbox, suppressed, maxAlerts };
      const notifications = await decideGroups(groups, keys, decision, clock.now());
      for (const notification of notifications) events.queued(notification);
      if (notifications.length > 0) options.enqueued(new Set(notifications.map(({ receiver }) => receiver)));
    } catch (error) {
      groups.mark(keys);
      throw error;
    }
  }

  function schedule(): void {
    timer?.cancel();
    timer = undefined;
    if (isStopped) return;
    const next = groups.nextAt();
    if (hasFailed) timer = clock.after(RETRY_DELAY, () => void run());
    else if (next !== undefined) timer = clock.after(delayUntil(next, clock.now()), runDue);
  }

  function runDue(): void {
    groups.markDue(clock.now());
    void run();
  }

  return {
    async start() {
      subscription = state.subscribe(({ alerts }) => {
        for (const alert of [...alerts, ...inhibitions.update(alerts)]) groups.add(alert);
        if (groups.pending.size > 0 && !isStopped) void run();
      });
      await run();
    },

    reevaluate() {
      groups.markAll();
      if (!isStopped) void run();
    },

    async settled() {
      while (running !== undefined) await running;
    },

    explain: (alert) => {
      return options.route(routingLabels(alert)).map((destination) => verdictOf(groups, destination, alert));
    },

    async [Symbol.asyncDispose]() {
      isStopped = true;
      subscription?.[Symbol.dispose]();
      timer?.cancel();
      await running;
    },
  };
}

function delayUntil(at: Instant, now: Instant): Duration {
  return Math.min(Math.max(at - now, 0), MAX_TIMER_DELAY);
}

function verdictOf(groups: AlertGroups, destination: Destination, alert: Alert): GroupVerdict {
  const { key, labels } = groupOf(destination, alert);
  const group = groups.get(key);
  return {
    receiver: destination.receiver,
    groupKey: key,
    groupLabels: labels,
    notified: group?.groupState?.notified[alert.fingerprint] !== undefined,
    reason: group?.reason ?? ("no firing alerts" satisfies HoldReason),
    nextAt: group?.nextAt,
  };
}
