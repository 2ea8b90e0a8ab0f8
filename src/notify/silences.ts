/**
 * The silences in force, looked up without waiting, and the ways to make, change and end one. Each change is written
 * with who made it and why before it counts.
 */

import type { AlertLabels } from "../core/model/alert.ts";
import { type Duration, type Instant, MINUTE } from "../core/model/time.ts";
import type { Suppression } from "../core/notify/notification.ts";
import { routingLabels } from "../core/notify/route.ts";
import {
  compileScope,
  nextSilenceChange,
  type Silence,
  type SilenceScope,
  silenceState,
} from "../core/notify/silence.ts";
import type { Action } from "../ports/activity.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { SilenceAccess, SilenceRequest, SilenceStore } from "../ports/silences.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import { errorMessage } from "../util/error-message.ts";

export interface SilencesOptions {
  readonly clock: Clock;
  readonly store: SilenceStore;
  readonly state: Pick<LiveState, "alerts" | "subscribe">;
  readonly events: Pick<NotifyEvents, "silenceEnded" | "silenceUnusable">;
  /** How long everything under a silence must have been normal before one that ends then is ended. */
  readonly normalFor: Duration;
  /** Called whenever another answer of `silenceOf` is possible. */
  readonly changed: () => void;
}

export interface Silences extends SilenceAccess, AsyncDisposable {
  start(): Promise<void>;
}

/** Who ends a silence by itself. */
export const PROGRAM = "Pod Watcher";

/** In force or to come: each is looked at for every alert. */
const MAX_IN_FORCE = 2_000;
const MAX_OF_ONE_PERSON = 1_000;
/** Over, and still listed; older ones are kept in the store alone. */
const MAX_OVER = 2_000;

interface Kept {
  readonly silence: Silence;
  readonly covers: (labels: AlertLabels) => boolean;
}

export function createSilences(options: SilencesOptions): Silences {
  const { clock, store, state, events } = options;
  const kept = new Map<string, Kept>();
  /** Since when nothing has fired under a silence that ends when all is normal. */
  const normalSince = new Map<string, Instant>();
  let subscription: Disposable | undefined;
  let timer: Timer | undefined;
  let stopped = false;

  async function write(silence: Silence, action: Omit<Action, "about">): Promise<Silence> {
    const entry: Kept = { silence, covers: compileScope(silence.scope) };
    await store.put(silence, { ...action, about: [silence.id, ...subjectsOf(silence.scope)] });
    kept.set(silence.id, entry);
    normalSince.delete(silence.id);
    forgetOldest();
    options.changed();
    watch();
    return silence;
  }

  function forgetOldest(): void {
    const now = clock.now();
    const over = [...kept.values()].filter(({ silence }) => silenceState(silence, now) === "expired");
    if (over.length <= MAX_OVER) return;
    over.sort((a, b) => a.silence.createdAt - b.silence.createdAt);
    for (const { silence } of over.slice(0, over.length - MAX_OVER)) kept.delete(silence.id);
  }

  /** Being written to the store. */
  const pending = new Map<string, { readonly silence: Silence; readonly written: Promise<Silence> }>();

  function requireRoom(by: string): void {
    const now = clock.now();
    const open = [...kept.values(), ...pending.values()].filter(
      ({ silence }) => silenceState(silence, now) !== "expired",
    );
    if (open.length >= MAX_IN_FORCE) {
      throw new RangeError(`there would be more than ${MAX_IN_FORCE} silences: end some, or make one that covers more`);
    }
    if (open.filter(({ silence }) => silence.by === by).length >= MAX_OF_ONE_PERSON) {
      throw new RangeError(
        `${by} would have more than ${MAX_OF_ONE_PERSON} silences: end some, or make one that covers more`,
      );
    }
  }

  function toSilence({ id, scope, by, endWhenNormal, ...request }: SilenceRequest, now: Instant): Silence {
    const reason = checkedReason(request.reason);
    const from = Math.max(request.from ?? now, now);
    if (!(request.until > from)) throw new RangeError("a silence must end after it begins, and not in the past");
    try {
      compileScope(scope);
    } catch (error) {
      throw new RangeError((error as Error).message, { cause: error });
    }
    return { id, scope, from, until: request.until, reason, by, createdAt: now, endWhenNormal };
  }

  async function create(request: SilenceRequest): Promise<Silence> {
    const { id } = request;
    const first = kept.get(id)?.silence ?? pending.get(id)?.written;
    if (first !== undefined) return first;
    const now = clock.now();
    requireRoom(request.by);
    const silence = toSilence(request, now);
    const written = write(silence, { at: now, by: silence.by, action: "silence", note: silence.reason });
    pending.set(id, { silence, written });
    return written.finally(() => pending.delete(id));
  }

  /** Ends what has had its day, and comes back when the next one begins or ends. */
  function watch(): void {
    timer?.cancel();
    timer = undefined;
    if (stopped) return;
    const now = clock.now();
    let next = nextSilenceChange(
      [...kept.values()].map((entry) => entry.silence),
      now,
    );
    for (const { silence, covers } of kept.values()) {
      if (!silence.endWhenNormal || silenceState(silence, now) !== "active") continue;
      if (isTroubled(covers)) {
        normalSince.delete(silence.id);
        continue;
      }
      const since = normalSince.get(silence.id) ?? now;
      normalSince.set(silence.id, since);
      const end = since + options.normalFor;
      if (end <= now) void endByItself(silence);
      else if (next === undefined || end < next) next = end;
    }
    if (next === undefined) return;
    timer = clock.after(Math.min(Math.max(next - now, 0), MINUTE), () => {
      options.changed();
      watch();
    });
  }

  function isTroubled(covers: (labels: AlertLabels) => boolean): boolean {
    for (const alert of state.alerts()) {
      if (alert.state.name !== "resolved" && covers(withSeverity(alert))) return true;
    }
    return false;
  }

  const ending = new Set<string>();
  async function endByItself(silence: Silence): Promise<void> {
    if (ending.has(silence.id)) return;
    ending.add(silence.id);
    const reason = "everything under it is back to normal";
    const now = clock.now();
    try {
      await write(
        { ...silence, endedAt: now, endedBecause: reason },
        { at: now, by: PROGRAM, action: "silence-ended", note: reason },
      );
      events.silenceEnded(silence.id, reason);
    } catch {
      // The store says itself what is wrong with it; the next look tries again.
    } finally {
      ending.delete(silence.id);
    }
  }

  /** What an earlier version took may be refused by this one: better to tell too much than not to start. */
  function coverageOf({ id, scope }: Silence): Kept["covers"] {
    try {
      return compileScope(scope);
    } catch (error) {
      events.silenceUnusable(id, errorMessage(error));
      return () => false;
    }
  }

  return {
    async start() {
      for (const silence of await store.silences()) {
        kept.set(silence.id, { silence, covers: coverageOf(silence) });
      }
      forgetOldest();
      subscription = state.subscribe(({ alerts }) => {
        if (alerts.length > 0) watch();
      });
      watch();
    },

    list: () => [...kept.values()].map((entry) => entry.silence).sort((a, b) => b.createdAt - a.createdAt),
    find: (id) => kept.get(id)?.silence,

    silenceOf(labels) {
      const now = clock.now();
      let longest: Silence | undefined;
      for (const { silence, covers } of kept.values()) {
        if (silenceState(silence, now) !== "active" || !covers(labels)) continue;
        if (longest === undefined || silence.until > longest.until) longest = silence;
      }
      return longest;
    },

    create,

    async change(id, change, by) {
      const known = kept.get(id)?.silence;
      if (known === undefined) return undefined;
      const now = clock.now();
      if (silenceState(known, now) === "expired") throw new RangeError("this silence is over: make a new one instead");
      const until = change.until ?? known.until;
      if (!(until > Math.max(now, known.from)))
        throw new RangeError("a silence must end after it begins, and not in the past");
      const changed: Silence = {
        ...known,
        until,
        reason: change.reason === undefined ? known.reason : checkedReason(change.reason),
        endWhenNormal: change.endWhenNormal ?? known.endWhenNormal,
      };
      return await write(changed, { at: now, by, action: "silence-changed", note: changed.reason });
    },

    async end(id, by, reason = `ended by ${by}`) {
      const known = kept.get(id)?.silence;
      if (known === undefined) return undefined;
      const now = clock.now();
      if (silenceState(known, now) === "expired") return known;
      return await write(
        { ...known, endedAt: now, endedBecause: reason },
        { at: now, by, action: "silence-ended", note: reason },
      );
    },

    async [Symbol.asyncDispose]() {
      stopped = true;
      subscription?.[Symbol.dispose]();
      timer?.cancel();
    },
  };
}

/** For `Dispatcher`: what silences say to an alert. */
export function suppressionBy(silences: Pick<Silences, "silenceOf">) {
  return (alert: Parameters<typeof routingLabels>[0]): Suppression | undefined => {
    const silence = silences.silenceOf(withSeverity(alert));
    return silence && { reason: `silenced by ${silence.by}: ${silence.reason}`, until: silence.until };
  };
}

function withSeverity(alert: Parameters<typeof routingLabels>[0]): AlertLabels {
  return routingLabels(alert) as unknown as AlertLabels;
}

/** The ids under which the log of actions shows it beside what it covers. */
function subjectsOf(scope: SilenceScope): readonly string[] {
  switch (scope.kind) {
    case "container":
      return [`${scope.namespace}/${scope.pod}/${scope.container}`];
    case "pod":
      return [`${scope.namespace}/${scope.pod}`];
    case "workload":
      return [`${scope.namespace}/${scope.workload}`];
    case "namespace":
      return [scope.namespace];
    case "everything":
    case "matchers":
      return [];
  }
}

function checkedReason(reason: string): string {
  const trimmed = reason.trim();
  if (trimmed === "") throw new RangeError("a silence needs a reason: whoever meets it must know why");
  return trimmed;
}
