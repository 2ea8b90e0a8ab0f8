import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { alertCursor } from "../../core/delivery/cursor.ts";
import { incidentKey, keyOfId, subjectOfKey } from "../../core/incident/key.ts";
import type { Episode } from "../../core/incident/lifecycle.ts";
import { type Alert, firedAt } from "../../core/model/alert.ts";
import { DAY, type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import { workloadLabel } from "../../core/model/workload.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { LiveState, StateChanges } from "../../ports/live-state.ts";
import type { AlertStore } from "../../ports/store.ts";
import type { Containers } from "./containers.ts";
import { type FactsContext, factsOf, type IncidentFacts } from "./incident-facts.ts";
import { createStory, type Story } from "./incident-story.ts";
import { createWantedPods, type ReadWantedPods, type WantedPods } from "./wanted-pods.ts";

/**
 * The incidents, by key. Like the rows it is built at the first request, updated by changes, and dropped when nobody has
 * read it for `IDLE_TIMEOUT`. It is built from the log of alerts, so that a restart changes nothing.
 */
export interface IncidentIndex extends Disposable {
  /** All incidents that are open or recent, as of now. Resolves when the index is complete. */
  read(): Promise<IncidentSnapshot>;
  /** By id or, for the newest one, by key. */
  find(id: string): Promise<IncidentFacts | undefined>;
  episodesOf(key: string): readonly Episode[];
  /** The incidents of a key within 24 h, oldest first. */
  ofKey(key: string): readonly IncidentFacts[];
  /** Calls the listener with each change until disposed, and keeps the index meanwhile. */
  follow(listener: (change: IncidentsChange) => void): Disposable;
  /** Silences, the policy or the health changed: every incident may be different. */
  everythingChanged(): void;
  /** Notifications were sent: views may be different, and have to be fetched again. */
  notificationsChanged(): void;
  /** An incident is shown: more is read about it in the background. */
  shown(facts: IncidentFacts): void;
}

export interface IncidentSnapshot {
  /** Counts the changes; larger after a restart. */
  readonly generation: number;
  readonly incidents: readonly IncidentFacts[];
}

export interface IncidentsChange {
  readonly generation: number;
  readonly changed: readonly IncidentFacts[];
  /** As they were last. */
  readonly removed: readonly IncidentFacts[];
  /** Others may be shown differently. */
  readonly isPartial: boolean;
}

export interface IncidentIndexDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "alerts">;
  readonly containers: Containers;
  readonly silenceOf: FactsContext["silenceOf"];
  readonly clock: Clock;
  /** `incidents.join`. */
  readonly join: () => Duration;
  readonly readWantedPods: ReadWantedPods;
}

const COALESCE: Duration = 250;
/** How often incidents are computed that change when time passes. */
const SWEEP_INTERVAL: Duration = 30 * SECOND;
const IDLE_TIMEOUT: Duration = 5 * MINUTE;
/** How far back earlier episodes are read, and how many: an incident that has been on and off for longer began then. */
const LOOK_BACK: Duration = 7 * DAY;
const MAX_READ = 20_000;
const PER_READ = 1_000;
const KEYS_PER_SLICE = 100;

export const createIncidentIndex = (deps: IncidentIndexDeps): IncidentIndex => new Index(deps);

class Index implements IncidentIndex {
  readonly #deps: IncidentIndexDeps;
  readonly #stories = new Map<string, Story>();
  readonly #facts = new Map<string, readonly IncidentFacts[]>();
  readonly #dirty = new Set<string>();
  readonly #listeners = new Set<(change: IncidentsChange) => void>();
  readonly #wantedPods: WantedPods;
  readonly #context: FactsContext;
  #isPartial = false;
  #generation: number;
  #built: Promise<void> | undefined;
  #all: readonly IncidentFacts[] | undefined;
  #subscription: Disposable | undefined;
  #flushTimer: Timer | undefined;
  #sweepTimer: Timer | undefined;
  #flushing = Promise.resolve();
  #lastUsedAt: Duration;

  constructor(deps: IncidentIndexDeps) {
    const { live, containers, silenceOf, clock } = deps;
    this.#deps = deps;
    this.#generation = clock.now() * 1_000;
    this.#lastUsedAt = clock.monotonic();
    this.#wantedPods = createWantedPods(deps.readWantedPods, clock, (key) => this.#mark([key]));
    this.#context = {
      live,
      containers,
      silenceOf,
      now: clock.now,
      wantedPods: (key) => this.#wantedPods.of(key),
      staleSince: (namespace) => {
        const health = live.source.healthOf(namespace);
        return health?.syncedSince === undefined ? (health?.lastSyncedAt ?? health?.staleSince) : undefined;
      },
    };
  }

  async read(): Promise<IncidentSnapshot> {
    await this.#open();
    if (this.#dirty.size > 0) await this.#flush();
    this.#all ??= [...this.#facts.values()].flat();
    return { generation: this.#generation, incidents: this.#all };
  }

  async find(id: string): Promise<IncidentFacts | undefined> {
    await this.#open();
    const key = keyOfId(id);
    const facts = this.ofKey(key);
    return key === id ? facts.at(-1) : facts.find((one) => one.id === id);
  }

  /** As of now: a change that is not published yet counts. */
  ofKey(key: string): readonly IncidentFacts[] {
    return this.#stories.has(key) ? this.#compute(key) : [];
  }

  episodesOf(key: string): readonly Episode[] {
    return this.#stories.get(key)?.episodes() ?? [];
  }

  follow(listener: (change: IncidentsChange) => void): Disposable {
    this.#open().catch(() => {});
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        this.#lastUsedAt = this.#deps.clock.monotonic();
      },
    };
  }

  everythingChanged(): void {
    this.#mark(this.#stories.keys());
  }

  notificationsChanged(): void {
    this.#isPartial = true;
    if (this.#built !== undefined) this.#scheduleFlush();
  }

  shown({ key, kind, phase }: IncidentFacts): void {
    if (kind === "workload" && phase !== "resolved") this.#wantedPods.want(key);
  }

  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]();
    this.#flushTimer?.cancel();
    this.#sweepTimer?.cancel();
    this.#subscription = this.#flushTimer = this.#sweepTimer = this.#built = this.#all = undefined;
    for (const state of [this.#stories, this.#facts, this.#dirty, this.#wantedPods]) state.clear();
    this.#generation++;
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
    await this.#readEarlier();
    for (const alert of live.alerts()) this.#note(alert);
    this.#forget();
    let computed = 0;
    for (const key of this.#stories.keys()) {
      this.#facts.set(key, this.#compute(key));
      if (++computed % KEYS_PER_SLICE === 0) await yieldToEventLoop();
    }
    this.#sweepTimer = clock.after(SWEEP_INTERVAL, () => this.#sweep());
    if (this.#dirty.size > 0) this.#scheduleFlush();
  }

  /** Earlier episodes: the live alerts are the newest ones. */
  async #readEarlier(): Promise<void> {
    const { store, live, clock } = this.#deps;
    const from = clock.now() - LOOK_BACK;
    let cursor: string | undefined;
    for (let read = 0; read < MAX_READ; read += PER_READ) {
      const alerts = await store.alerts({
        states: ["resolved"],
        limit: PER_READ,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const alert of alerts) {
        const newest = live.alert(alert.fingerprint);
        if (newest === undefined || newest.episode !== alert.episode) this.#note(alert);
      }
      const oldest = alerts.at(-1);
      if (oldest === undefined || alerts.length < PER_READ || oldest.state.activeAt < from) return;
      cursor = alertCursor(oldest);
    }
  }

  #note(alert: Alert): void {
    if (alert.state.name === "pending") return;
    const key = incidentKey(alert.labels);
    let story = this.#stories.get(key);
    if (story === undefined) {
      story = createStory();
      this.#stories.set(key, story);
    }
    story.note(alert);
  }

  #noteChanges({ alerts, pods, namespaces }: StateChanges): void {
    const { live } = this.#deps;
    const keys = new Set<string>();
    for (const alert of alerts) {
      this.#note(alert);
      keys.add(incidentKey(alert.labels));
    }
    for (const { namespace, name } of pods.values()) {
      const pod = live.source.pod(namespace, name);
      if (pod !== undefined) keys.add(`${namespace}/${workloadLabel(pod.workload)}`);
    }
    if (namespaces.size > 0) {
      for (const key of this.#stories.keys()) if (namespaces.has(subjectOfKey(key).namespace)) keys.add(key);
    }
    this.#mark(keys);
  }

  #mark(keys: Iterable<string>): void {
    for (const key of keys) if (this.#stories.has(key)) this.#dirty.add(key);
    if (this.#built !== undefined && this.#dirty.size > 0) this.#scheduleFlush();
  }

  #forget(): void {
    const { clock, join } = this.#deps;
    for (const [key, story] of this.#stories) {
      if (story.forget(clock.now(), join())) continue;
      this.#stories.delete(key);
      this.#dirty.add(key);
    }
  }

  #sweep(): void {
    const { clock } = this.#deps;
    if (this.#listeners.size === 0 && clock.monotonic() - this.#lastUsedAt > IDLE_TIMEOUT) {
      this[Symbol.dispose]();
      return;
    }
    this.#forget();
    for (const key of this.#stories.keys()) this.#dirty.add(key);
    this.#sweepTimer = clock.after(SWEEP_INTERVAL, () => this.#sweep());
    void this.#flush();
  }

  #scheduleFlush(): void {
    this.#flushTimer ??= this.#deps.clock.after(COALESCE, () => {
      this.#flushTimer = undefined;
      void this.#flush();
    });
  }

  #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
    return this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    await this.#built?.catch(() => {});
    const changed: IncidentFacts[] = [];
    const removed: IncidentFacts[] = [];
    let computed = 0;
    for (const key of this.#dirty) {
      this.#dirty.delete(key);
      const before = new Map((this.#facts.get(key) ?? []).map((facts) => [facts.id, facts]));
      const next = this.#stories.has(key) ? this.#compute(key) : [];
      changed.push(...next.filter((facts) => isDifferent(before.get(facts.id), facts)));
      for (const { id } of next) before.delete(id);
      removed.push(...before.values());
      if (next.length === 0) this.#facts.delete(key);
      else this.#facts.set(key, next);
      if (++computed % KEYS_PER_SLICE === 0) await yieldToEventLoop();
      if (this.#built === undefined) return;
    }
    const isPartial = this.#isPartial;
    if (this.#built === undefined || (changed.length === 0 && removed.length === 0 && !isPartial)) return;
    this.#isPartial = false;
    this.#all = undefined;
    const generation = ++this.#generation;
    for (const listener of [...this.#listeners]) listener({ generation, changed, removed, isPartial });
  }

  #compute(key: string): readonly IncidentFacts[] {
    const { clock, join } = this.#deps;
    const story = this.#stories.get(key)!;
    const spans = story.spans(clock.now(), join());
    return spans.map((span) =>
      factsOf(key, { span, alerts: story.alertsOf(span), times: spans.length }, this.#context),
    );
  }
}

/** Whether a list or count may differ. The passing of time alone changes nothing. */
function isDifferent(before: IncidentFacts | undefined, after: IncidentFacts): boolean {
  return before === undefined || signatureOf(before) !== signatureOf(after);
}

function signatureOf(facts: IncidentFacts): string {
  const { severity, phase, since, isHandled, why, line, restarts, ready, total, failing, silenced, asOf } = facts;
  const { resolvedAt, reopenedAt } = facts.span;
  const alerts = facts.alerts.map((alert) => [alert.fingerprint, alert.episode, firedAt(alert), statusOf(alert)]);
  const acks = facts.acknowledged.map(({ acknowledgement }) => [acknowledgement?.by, acknowledgement?.at]);
  return JSON.stringify([
    [severity, phase, since, isHandled, why, line, restarts, ready, total, failing, silenced, asOf],
    [String(resolvedAt), reopenedAt.length, acks, alerts.length > 50 ? alerts.length : alerts],
  ]);
}

function statusOf({ subject }: Alert): unknown {
  const { state } = subject.container ?? {};
  return state === undefined ? undefined : [state.name, "reason" in state ? state.reason : undefined];
}
