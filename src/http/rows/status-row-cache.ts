import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Alert } from "../../core/model/alert.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { LiveState, StateChanges } from "../../ports/live-state.ts";
import type { AlertStore } from "../../ports/store.ts";
import type { Row } from "../schemas/state.ts";
import { ChangeLog, type ChangeLogEntry } from "./change-log.ts";
import type { Containers } from "./containers.ts";
import { NotificationLog, type NotificationLogDeps, type ReceiverNotification } from "./notification-log.ts";
import { createRowAlerts, type RowAlerts } from "./row-alerts.ts";
import { RowIndex } from "./row-index.ts";
import { groupOf, type RowContext, rowsOf } from "./rows.ts";

/**
 * The rows of the page. The cache is built at the first request, updated by changes, and dropped when nobody has read
 * it for `IDLE_TIMEOUT`. All callers share it; each sees the rows of their own namespaces.
 */
export interface StatusRowCache extends Disposable {
  /** All rows as of `seq`, by id. Resolves when the cache is complete. */
  read(): Promise<Snapshot>;
  /** The current rows of one group (`groupOf`). */
  group(labels: GroupLabels): Promise<readonly Row[]>;
  /** Likewise, with the rows of resolved alerts that are still known. */
  groupWithResolved(labels: GroupLabels): Promise<readonly Row[]>;
  /** The current rows with a firing alert. Does not build the cache, since callers may poll once a minute. */
  problems(): Promise<readonly Row[]>;
  /** The receivers that were notified of the firing alerts of a row, oldest first. */
  receiversOf(row: Pick<Row, "alerts">): Promise<readonly ReceiverNotification[]>;
  /** Calls the listener with each numbered change until disposed, and keeps the cache meanwhile. */
  follow(listener: (entry: ChangeLogEntry) => void): Disposable;
  /** The changes after `seq`, oldest first; undefined when they are not all in the log. */
  since(seq: number): readonly ChangeLogEntry[] | undefined;
  /** Alerts were delivered: Failure may become Sent. */
  notificationsChanged(): void;
  /** Silences or the policy changed: every row may be different. */
  everythingChanged(what: "rows" | "config"): void;
  /** Health apart from that of the namespaces has changed. */
  healthChanged(): void;
  readonly seq: number;
}

type GroupLabels = Parameters<typeof groupOf>[0];

export interface Snapshot {
  readonly seq: number;
  readonly rows: ReadonlyMap<string, Row>;
}

export interface StatusRowCacheDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "transitions"> & NotificationLogDeps["store"];
  readonly containers: Containers;
  readonly pull: NotificationLogDeps["pull"];
  readonly silenceOf: RowContext["silenceOf"];
  readonly clock: Clock;
}

/** Changes within this time become one patch. */
const COALESCE: Duration = 250;
/** How often rows are updated that change when time passes. */
const SWEEP_INTERVAL: Duration = 30 * SECOND;
/** Transitions that are read for the states within the window. */
const MAX_TRANSITIONS = 5_000;
const TRANSITIONS_PER_READ = 1_000;
/** Groups that are computed, in a few milliseconds, before other work gets the event loop. */
const GROUPS_PER_SLICE = 200;
/** A page that polls every minute keeps the cache. */
const IDLE_TIMEOUT: Duration = 5 * MINUTE;

export const createStatusRowCache = (deps: StatusRowCacheDeps): StatusRowCache => new RowCache(deps);

class RowCache implements StatusRowCache {
  readonly #deps: StatusRowCacheDeps;
  readonly #index = new RowIndex();
  readonly #alerts: RowAlerts;
  readonly #notifications: NotificationLog;
  /** When the pods of groups were seen to be deleted. */
  readonly #goneAt = new Map<string, Instant>();
  readonly #dirty = new Set<string>();
  readonly #changeLog: ChangeLog;
  readonly #listeners = new Set<(entry: ChangeLogEntry) => void>();
  readonly #context: RowContext;
  #built: Promise<void> | undefined;
  #subscription: Disposable | undefined;
  #flushTimer: Timer | undefined;
  #sweepTimer: Timer | undefined;
  #flushing = Promise.resolve();
  #lastUsedAt: Duration;
  #isHealthDirty = false;
  #isConfigDirty = false;

  constructor(deps: StatusRowCacheDeps) {
    const { live, containers, clock, silenceOf } = deps;
    this.#deps = deps;
    this.#alerts = createRowAlerts(live);
    this.#notifications = new NotificationLog(deps);
    this.#changeLog = new ChangeLog(firstSequence(clock));
    this.#lastUsedAt = clock.monotonic();
    this.#context = { containers, silenceOf, lastDelivery: (alert) => this.#notifications.last(alert), now: clock.now };
  }

  get seq(): number {
    return this.#changeLog.seq;
  }

  async read(): Promise<Snapshot> {
    await this.#open();
    return { seq: this.#changeLog.seq, rows: this.#index.rows };
  }

  async group(labels: GroupLabels): Promise<readonly Row[]> {
    await this.#open();
    return this.#compute(groupOf(labels));
  }

  async groupWithResolved(labels: GroupLabels): Promise<readonly Row[]> {
    await this.#open();
    return this.#compute(groupOf(labels), Number.NEGATIVE_INFINITY);
  }

  async problems(): Promise<readonly Row[]> {
    let alerts = this.#alerts;
    if (this.#built === undefined) {
      this.#notifications.markStale();
      alerts = createRowAlerts(this.#deps.live);
      await this.#readAlerts(alerts);
    }
    await Promise.all([this.#built, this.#notifications.read()]);
    const rows: Row[] = [];
    for (const [computed, group] of firingGroups(alerts).entries()) {
      rows.push(...this.#compute(group, this.#windowStart(), alerts));
      if (computed % GROUPS_PER_SLICE === GROUPS_PER_SLICE - 1) await yieldToEventLoop();
    }
    return rows.filter((row) => row.state !== "Normal" && row.deletedAt === undefined);
  }

  async receiversOf({ alerts = [] }: Pick<Row, "alerts">): Promise<readonly ReceiverNotification[]> {
    if (alerts.length === 0) return [];
    await this.#notifications.read();
    const episodes = alerts.map(({ fingerprint }) => this.#deps.live.alert(fingerprint));
    return this.#notifications.receiversOf(episodes.filter((alert) => alert !== undefined));
  }

  follow(listener: (entry: ChangeLogEntry) => void): Disposable {
    this.#open().catch(() => {});
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        this.#lastUsedAt = this.#deps.clock.monotonic();
      },
    };
  }

  since(seq: number): readonly ChangeLogEntry[] | undefined {
    return this.#changeLog.since(seq);
  }

  notificationsChanged(): void {
    this.#notifications.markStale();
    this.#markDirty(firingGroups(this.#alerts));
  }

  everythingChanged(what: "rows" | "config"): void {
    if (what === "config") this.#isConfigDirty = true;
    this.#markDirty([...this.#index.groups(), ...this.#alerts.groups()]);
  }

  healthChanged(): void {
    this.#isHealthDirty = true;
    this.#markDirty([]);
  }

  /** Drops the cache; the next reader builds it again. */
  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]();
    this.#flushTimer?.cancel();
    this.#sweepTimer?.cancel();
    this.#subscription = this.#flushTimer = this.#sweepTimer = this.#built = undefined;
    for (const state of [this.#index, this.#alerts, this.#goneAt, this.#dirty]) state.clear();
    this.#notifications.markStale();
    this.#changeLog.forget();
  }

  #open(): Promise<void> {
    this.#lastUsedAt = this.#deps.clock.monotonic();
    this.#built ??= this.#build().catch((error: unknown) => {
      this[Symbol.dispose]();
      throw error;
    });
    return this.#built;
  }

  async #build(): Promise<void> {
    const { live, clock } = this.#deps;
    this.#subscription = live.subscribe((changes) => this.#noteChanges(changes));
    await this.#notifications.read();
    await this.#readAlerts(this.#alerts);
    let computed = 0;
    for (const { namespace, name } of live.source.pods()) {
      this.#renew(groupOf({ namespace, pod: name }));
      if (++computed % GROUPS_PER_SLICE === 0) await yieldToEventLoop();
    }
    for (const group of this.#alerts.groups()) if (!this.#index.has(group)) this.#renew(group);
    this.#changeLog.begin();
    this.#sweepTimer = clock.after(SWEEP_INTERVAL, () => this.#sweep());
    if (this.#dirty.size > 0) this.#scheduleFlush();
  }

  async #readAlerts(into: RowAlerts): Promise<void> {
    for (const alert of this.#deps.live.alerts()) into.note(alert);
    await this.#readTransitions(into);
    into.forget(this.#windowStart());
  }

  /** Earlier episodes within the window: the alerts themselves only have the last one. */
  async #readTransitions(into: RowAlerts): Promise<void> {
    const from = this.#windowStart();
    let cursor: string | undefined;
    for (let read = 0; read < MAX_TRANSITIONS; read += TRANSITIONS_PER_READ) {
      const transitions = await this.#deps.store.transitions({
        limit: TRANSITIONS_PER_READ,
        ...(cursor === undefined ? {} : { cursor }),
      });
      into.recall(transitions.filter(({ at }) => at > from));
      const oldest = transitions.at(-1);
      if (oldest === undefined || oldest.at <= from || transitions.length < TRANSITIONS_PER_READ) return;
      cursor = String(oldest.id);
    }
  }

  #sweep(): void {
    const { clock } = this.#deps;
    if (this.#listeners.size === 0 && clock.monotonic() - this.#lastUsedAt > IDLE_TIMEOUT) {
      this[Symbol.dispose]();
      return;
    }
    this.#alerts.forget(this.#windowStart());
    this.#notifications.markStale();
    for (const group of [...this.#index.expiring(), ...firingGroups(this.#alerts)]) this.#dirty.add(group);
    this.#sweepTimer = clock.after(SWEEP_INTERVAL, () => this.#sweep());
    void this.#flush();
  }

  #noteChanges(changes: StateChanges): void {
    const { live, clock } = this.#deps;
    for (const { namespace, name } of changes.pods.values()) {
      const group = groupOf({ namespace, pod: name });
      this.#dirty.add(group);
      if (live.source.pod(namespace, name) !== undefined) this.#goneAt.delete(group);
      else if (!this.#goneAt.has(group)) this.#goneAt.set(group, clock.now());
    }
    for (const alert of changes.alerts) {
      this.#alerts.note(alert);
      this.#dirty.add(groupOf(alert.labels));
    }
    if (changes.namespaces.size > 0) this.#isHealthDirty = true;
    this.#scheduleFlush();
  }

  #markDirty(groups: readonly string[]): void {
    for (const group of groups) this.#dirty.add(group);
    if (this.#built !== undefined) this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    this.#flushTimer ??= this.#deps.clock.after(COALESCE, () => {
      this.#flushTimer = undefined;
      void this.#flush();
    });
  }

  /** One at a time, so that a higher number is never an older state. */
  #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
    return this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    try {
      await this.#built;
      await this.#notifications.read();
    } catch {
      // The store does not respond: the log keeps what it has and is read again at the next flush.
      this.#notifications.markStale();
    }
    const changed: Row[] = [];
    const removed: Row[] = [];
    let computed = 0;
    for (const group of this.#dirty) {
      this.#dirty.delete(group);
      const changes = this.#renew(group);
      changed.push(...changes.changed);
      removed.push(...changes.removed);
      if (++computed % GROUPS_PER_SLICE === 0) await yieldToEventLoop();
      if (this.#built === undefined) return;
    }
    if (this.#built === undefined) return;
    const [health, config] = [this.#isHealthDirty, this.#isConfigDirty];
    if (changed.length === 0 && removed.length === 0 && !health && !config) return;
    this.#isHealthDirty = this.#isConfigDirty = false;
    const entry = this.#changeLog.add({ changed, removed, health, config });
    for (const listener of [...this.#listeners]) listener(entry);
  }

  #renew(group: string) {
    const changes = this.#index.replace(group, this.#compute(group));
    if (!this.#index.has(group)) this.#goneAt.delete(group);
    return changes;
  }

  /** The rows of a group, with alerts that fire or were resolved after `from`. */
  #compute(group: string, from = this.#windowStart(), alerts = this.#alerts): readonly Row[] {
    return rowsOf(
      {
        pod: this.#podOf(group),
        goneAt: this.#goneAt.get(group),
        alerts: alerts.of(group).filter((alert) => isShown(alert, from)),
        intervals: alerts.intervals(group, (fingerprint, episode) => this.#notifications.firstAt(fingerprint, episode)),
      },
      this.#context,
    );
  }

  #podOf(group: string): PodSnapshot | undefined {
    const [namespace = "", ...rest] = group.split("/");
    const name = rest.join("/");
    // The kind of a workload starts with a capital letter, the name of a pod cannot.
    return name === "" || /^[A-Z]/.test(name) ? undefined : this.#deps.live.source.pod(namespace, name);
  }

  #windowStart(): Instant {
    return this.#deps.clock.now() - this.#deps.containers.policy().restartTimeframe;
  }
}

/** Higher than any number of an earlier run: that counted four a second at most. Below 2^53 until the year 2255. */
function firstSequence(clock: Clock): number {
  return clock.now() * 1_000 + Math.floor(clock.random() * 1_000);
}

function isShown({ state }: Alert, from: Instant): boolean {
  return state.name === "firing" || (state.name === "resolved" && state.resolvedAt > from);
}

function firingGroups(alerts: RowAlerts): readonly string[] {
  return [...alerts.groups()].filter((group) => alerts.of(group).some(({ state }) => state.name === "firing"));
}
