/**
 * Decides which groups of alerts are to be told to whom, and when. Observations at committed alerts alone and compares them
 * with what each group was told: whatever happened while nobody looked ends in the same message, so a restart needs no
 * path of its own. A message and what is remembered of it are committed together; sending is the dispatcher's.
 */
import type { Alert } from "../core/model/alert.ts";
import { DAY, type Duration, type Instant, MINUTE, SECOND } from "../core/model/time.ts";
import type { Labels } from "../core/notify/matcher.ts";
import { decideNotification, type GroupState, type HoldReason, type Suppression } from "../core/notify/notification.ts";
import { type Destination, type Group, groupOf, routingLabels } from "../core/notify/route.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { Notification, OutboxStore } from "../ports/notifications.ts";
import type { AlertStore } from "../ports/store.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly state: Pick<LiveState, "alerts" | "alert" | "subscribe">;
  readonly store: Pick<AlertStore, "alerts"> & { readonly outbox: Pick<OutboxStore, "groups" | "enqueue"> };
  readonly events: Pick<NotifyEvents, "queued" | "queueFailed">;
  readonly route: (labels: Labels) => readonly Destination[];
  /** What keeps an alert from being told of: a silence, a namespace that cannot be seen. */
  readonly suppressed: (alert: Alert, now: Instant) => Suppression | undefined;
  /** How many alerts a message to this receiver may carry. */
  readonly maxAlerts: (receiver: string) => number;
  /** Called after messages were written for these receivers. */
  readonly enqueued: (receivers: ReadonlySet<string>) => void;
}

export interface Dispatcher extends AsyncDisposable {
  /** Loads what was told so far and begins; resolves when every group has been looked at once. */
  start(): Promise<void>;
  /** What decides apart from the alerts has changed (silences, acknowledgements): looks at every group again. */
  reevaluate(): void;
  /** Resolves when everything known by now has been decided. */
  settled(): Promise<void>;
  /** What was decided last about each group that an alert is in. */
  explain(alert: Alert): readonly GroupVerdict[];
}

export interface GroupVerdict {
  readonly receiver: string;
  readonly groupKey: string;
  readonly told: boolean;
  /** Why the last message was sent, or why none is sent now. */
  readonly reason: string;
  readonly nextAt: Instant | undefined;
}

/** As long as a message is tried. */
export const GIVE_UP_AFTER: Duration = DAY;
/** Groups whose messages are written as one transaction: a storm must not hold up the commits of the watcher. */
const GROUPS_PER_COMMIT = 50;
const RETRY: Duration = SECOND;
/** Moments are those of the wall clock, which may be set while a timer runs. */
const MAX_SLEEP: Duration = MINUTE;

interface PriorState {
  readonly group: Group;
  readonly destination: Destination;
  readonly members: Set<string>;
  memory: GroupState | undefined;
  nextAt: Instant | undefined;
  reason: string;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { clock, state, store, events } = options;
  const groups = new Map<string, PriorState>();
  const dirty = new Set<string>();
  /** What groups were told that none of the known alerts is in. */
  const orphans = new Map<string, GroupState>();
  let subscription: Disposable | undefined;
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let failed = false;
  let stopped = false;

  /** Puts an alert into its groups and marks them to be looked at. */
  function noteAlert(alert: Alert): void {
    const labels = routingLabels(alert);
    for (const destination of options.route(labels)) {
      const group = groupOf(destination, labels);
      const known = groups.get(group.key);
      const memory = known?.memory ?? orphans.get(group.key);
      // What does not fire concerns nobody, unless it was told of.
      if (alert.state.name !== "firing" && memory?.told[alert.fingerprint] === undefined) continue;
      (known ?? begin(group, destination)).members.add(alert.fingerprint);
      dirty.add(group.key);
    }
  }

  function begin(group: Group, destination: Destination): PriorState {
    const memory = orphans.get(group.key);
    orphans.delete(group.key);
    const members = new Set(Object.keys(memory?.told ?? {}));
    const known: PriorState = { group, destination, members, memory, nextAt: undefined, reason: "" };
    groups.set(group.key, known);
    return known;
  }

  /** Puts in place what the store knows of the groups that are known. */
  async function remember(): Promise<void> {
    const memories = new Map((await store.outbox.groups()).map((memory) => [memory.key, memory]));
    for (const [key, known] of groups) known.memory = memories.get(key);
  }

  /**
   * Of a group without a known alert: what it was told is looked up to find its route. Where that is gone as well, so
   * is whoever would have to be told.
   */
  async function adopt(): Promise<void> {
    for (const memory of [...orphans.values()]) {
      const alerts = await Promise.all(Object.keys(memory.told).map(newestFired));
      for (const alert of alerts) if (alert !== undefined) noteAlert(alert);
    }
    if (orphans.size === 0) return;
    const forgotten = new Map([...orphans.keys()].map((key) => [key, undefined]));
    await store.outbox.enqueue({ notifications: [], groups: forgotten });
    orphans.clear();
  }

  async function newestFired(fingerprint: string): Promise<Alert | undefined> {
    const live = state.alert(fingerprint);
    if (live !== undefined && live.state.name !== "pending") return live;
    const [alert] = await store.alerts({ fingerprint, states: ["firing", "resolved"], limit: 1 });
    return alert;
  }

  async function alertsOf({ members, memory }: PriorState): Promise<readonly Alert[]> {
    const alerts: Alert[] = [];
    for (const fingerprint of members) {
      const told = memory?.told[fingerprint] !== undefined;
      const alert = told ? await newestFired(fingerprint) : state.alert(fingerprint);
      if (alert === undefined || (!told && alert.state.name === "resolved")) members.delete(fingerprint);
      else if (alert.state.name !== "pending") alerts.push(alert);
    }
    return alerts;
  }

  function run(): Promise<void> {
    running ??= decideAll().finally(() => {
      running = undefined;
      if (dirty.size > 0 && !stopped && !failed) void run();
      else schedule();
    });
    return running;
  }

  async function decideAll(): Promise<void> {
    if (failed) {
      failed = false;
      // Whether what could not be written is there all the same is not known: only the store can say.
      try {
        await remember();
      } catch (error) {
        failed = true;
        events.queueFailed(error);
        return;
      }
    }
    const keys = [...dirty];
    for (let from = 0; from < keys.length; from += GROUPS_PER_COMMIT) {
      if (stopped) return;
      const some = keys.slice(from, from + GROUPS_PER_COMMIT);
      for (const key of some) dirty.delete(key);
      try {
        await decideSome(some);
      } catch (error) {
        for (const key of some) dirty.add(key);
        failed = true;
        events.queueFailed(error);
        return;
      }
    }
  }

  async function decideSome(keys: readonly string[]): Promise<void> {
    const now = clock.now();
    const notifications: Notification[] = [];
    const memories = new Map<string, GroupState | undefined>();
    const after: (() => void)[] = [];
    for (const key of keys) {
      const known = groups.get(key);
      if (known === undefined) continue;
      const { group, destination, memory } = known;
      const decision = decideNotification(
        {
          group,
          destination,
          memory,
          alerts: await alertsOf(known),
          suppressed: (alert) => options.suppressed(alert, now),
        },
        now,
      );
      if (decision.send) notifications.push(toNotification(known, decision, now));
      if (decision.memory !== memory) memories.set(key, decision.memory);
      after.push(() => {
        known.memory = decision.memory;
        known.reason = decision.reason;
        known.nextAt = decision.send ? undefined : decision.nextAt;
        if (decision.send) dirty.add(key);
        else if (known.members.size === 0 && decision.memory === undefined) groups.delete(key);
      });
    }
    if (notifications.length > 0 || memories.size > 0) {
      await store.outbox.enqueue({
        notifications: notifications.map((notification) => ({ notification, giveUpAt: now + GIVE_UP_AFTER })),
        groups: memories,
      });
    }
    for (const apply of after) apply();
    for (const notification of notifications) events.queued(notification);
    if (notifications.length > 0) options.enqueued(new Set(notifications.map(({ receiver }) => receiver)));
  }

  function toNotification(
    { group, destination, memory }: PriorState,
    decision: { readonly reason: string; readonly status: "firing" | "resolved"; readonly alerts: readonly Alert[] },
    now: Instant,
  ): Notification {
    const alerts = decision.alerts.slice(0, options.maxAlerts(destination.receiver));
    return {
      // One message of a group, status and moment: deciding it again after a crash cannot make another of the same id.
      id: `${group.key}-${now.toString(36)}-${decision.status[0]}`,
      receiver: destination.receiver,
      groupKey: group.key,
      groupLabels: group.labels,
      status: decision.status,
      alerts,
      truncatedAlerts: decision.alerts.length - alerts.length,
      reason: decision.reason,
      createdAt: now,
      since: memory?.since ?? now,
      attempt: 0,
    };
  }

  function schedule(): void {
    timer?.cancel();
    timer = undefined;
    if (stopped) return;
    if (failed) {
      timer = clock.after(RETRY, () => void run());
      return;
    }
    let next: Instant | undefined;
    for (const { nextAt } of groups.values())
      if (nextAt !== undefined && (next === undefined || nextAt < next)) next = nextAt;
    if (next === undefined) return;
    timer = clock.after(Math.min(Math.max(next - clock.now(), 0), MAX_SLEEP), () => {
      const now = clock.now();
      for (const [key, { nextAt }] of groups) if (nextAt !== undefined && nextAt <= now) dirty.add(key);
      void run();
    });
  }

  return {
    async start() {
      for (const memory of await store.outbox.groups()) orphans.set(memory.key, memory);
      subscription = state.subscribe(({ alerts }) => {
        for (const alert of alerts) noteAlert(alert);
        if (dirty.size > 0 && !stopped) void run();
      });
      for (const alert of state.alerts()) noteAlert(alert);
      await adopt();
      await run();
    },

    reevaluate() {
      for (const key of groups.keys()) dirty.add(key);
      if (!stopped) void run();
    },

    async settled() {
      while (running !== undefined) await running;
    },

    explain(alert) {
      const labels = routingLabels(alert);
      return options.route(labels).map((destination) => {
        const { key } = groupOf(destination, labels);
        const known = groups.get(key);
        return {
          receiver: destination.receiver,
          groupKey: key,
          told: known?.memory?.told[alert.fingerprint] !== undefined,
          reason: known?.reason ?? ("nothing fires" satisfies HoldReason),
          nextAt: known?.nextAt,
        };
      });
    },

    async [Symbol.asyncDispose]() {
      stopped = true;
      subscription?.[Symbol.dispose]();
      timer?.cancel();
      await running;
    },
  };
}
