/** Silences: lookups from memory, and changes that take effect once they are stored with their author and reason. */
import type { Alert, AlertLabels } from "../core/model/alert.ts";
import type { Duration, Instant } from "../core/model/time.ts";
import type { Suppression } from "../core/notify/notification.ts";
import { MAX_PATTERN_SIZE, type Silence, silenceState } from "../core/notify/silence.ts";
import type { Action } from "../ports/activity.ts";
import type { Clock } from "../ports/clock.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { SilenceAccess, SilenceChange, SilenceRequest, SilenceStore } from "../ports/silences.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import { errorMessage } from "../util/error-message.ts";
import { type ListedSilence, SilenceList, subjectsOf } from "./silence-list.ts";
import { SilenceTimer } from "./silence-timer.ts";

export interface SilencesOptions {
  readonly clock: Clock;
  readonly store: SilenceStore;
  readonly state: Pick<LiveState, "alerts" | "subscribe">;
  readonly events: Pick<NotifyEvents, "silenceEnded">;
  /** How long there must be no matching alert to end a silence with `endWhenNormal`. */
  readonly normalFor: Duration;
  /** The result of `silenceOf` may have changed. */
  readonly changed: () => void;
}

export interface Silences extends SilenceAccess, AsyncDisposable {
  /** Loads the stored silences. */
  start(): Promise<void>;
}

/** The author of changes without a person. */
const PROGRAM = "Pod Watcher";

/** Upcoming and active silences: each alert is compared with all of them. */
const MAX_OPEN = 2_000;
const MAX_OPEN_PER_PERSON = 1_000;
/** Instructions of the patterns of all open silences: an alert is compared with each of them. */
const MAX_SIZE = 5_000;

export function createSilences(options: SilencesOptions): Silences {
  const { clock, store, state, events } = options;
  const list = new SilenceList();
  const timer = new SilenceTimer({
    clock,
    list,
    normalFor: options.normalFor,
    changed: options.changed,
    openAlerts: () => openAlerts(state.alerts()),
    end: (silence) => void endAutomatically(silence),
  });
  /** Silences that are being stored: they count for the limits, and repeated requests wait for them. */
  const creating = new Map<string, { readonly silence: Silence; readonly stored: Promise<Silence> }>();
  const ending = new Set<string>();
  let subscription: Disposable | undefined;

  async function put(silence: Silence, action: Pick<Action, "by" | "action" | "note">): Promise<Silence> {
    const now = clock.now();
    const listed = SilenceList.compile(silence);
    await store.put(silence, { ...action, at: now, about: [silence.id, ...subjectsOf(silence.scope)] });
    list.set(listed, now);
    timer.reset(silence.id);
    options.changed();
    timer.update();
    return silence;
  }

  /** A stored silence with matchers that are not valid anymore, or too expensive, is ended: it must not stop the start. */
  async function load(silence: Silence, now: Instant): Promise<void> {
    try {
      const listed = SilenceList.compile(silence);
      if (silenceState(silence, now) !== "expired" && listed.size > MAX_PATTERN_SIZE) {
        throw new RangeError("its regular expressions take too long to evaluate");
      }
      list.set(listed, now);
    } catch (error) {
      const isOver = silenceState(silence, now) === "expired";
      const reason = `Pod Watcher cannot evaluate its matchers: ${errorMessage(error)}`;
      const ended = isOver ? silence : { ...silence, endedAt: now, endedBecause: reason };
      list.set({ silence: ended, matches: () => false, size: 0 }, now);
      if (isOver) return;
      events.silenceEnded(silence.id, reason);
      const about = [silence.id, ...subjectsOf(silence.scope)];
      await store.put(ended, { by: PROGRAM, action: "silence-ended", note: reason, at: now, about });
    }
  }

  async function endAutomatically(silence: Silence): Promise<void> {
    if (ending.has(silence.id)) return;
    ending.add(silence.id);
    try {
      const { endedBecause = "" } = await end(silence, PROGRAM, "no matching alert is active anymore");
      events.silenceEnded(silence.id, endedBecause);
    } catch {
      // The store logs its errors; the next update tries again.
    } finally {
      ending.delete(silence.id);
    }
  }

  function end(silence: Silence, by: string, reason: string): Promise<Silence> {
    const ended = { ...silence, endedAt: clock.now(), endedBecause: reason };
    return put(ended, { by, action: "silence-ended", note: reason });
  }

  return {
    async start() {
      const now = clock.now();
      for (const silence of await store.silences()) await load(silence, now);
      subscription = state.subscribe(({ alerts }) => {
        if (alerts.length > 0) timer.update();
      });
      timer.update();
    },

    list: () => list.newestFirst(),
    find: (id) => list.find(id),
    silenceOf: (labels) => list.matching(labels, clock.now()),

    async create(request) {
      const { id, by } = request;
      const existing = list.find(id) ?? creating.get(id)?.stored;
      if (existing !== undefined) return existing;
      const now = clock.now();
      const silence = toSilence(request, now);
      const others = [...list.values(), ...[...creating.values()].map((one) => SilenceList.compile(one.silence))];
      checkLimits(others, SilenceList.compile(silence), now);
      const stored = put(silence, { by, action: "silence", note: silence.reason });
      creating.set(id, { silence, stored });
      return stored.finally(() => creating.delete(id));
    },

    async change(id, change, by) {
      const existing = list.find(id);
      if (existing === undefined) return undefined;
      const changed = changedSilence(existing, change, clock.now());
      return await put(changed, { by, action: "silence-changed", note: changed.reason });
    },

    async end(id, by, reason = `ended by ${by}`) {
      const existing = list.find(id);
      if (existing === undefined || silenceState(existing, clock.now()) === "expired") return existing;
      return await end(existing, by, reason);
    },

    async [Symbol.asyncDispose]() {
      subscription?.[Symbol.dispose]();
      timer[Symbol.dispose]();
    },
  };
}

/** Why the dispatcher suppresses an alert. */
export function suppressionBy(silences: Pick<Silences, "silenceOf">) {
  return (alert: Alert): Suppression | undefined => {
    const silence = silences.silenceOf(matchedLabels(alert));
    return silence && { kind: "silenced", until: silence.until };
  };
}

function* openAlerts(alerts: Iterable<Alert>): Iterable<AlertLabels> {
  for (const alert of alerts) if (alert.state.name !== "resolved") yield matchedLabels(alert);
}

/** The labels of an alert, including its severity. */
function matchedLabels({ labels, severity }: Alert): AlertLabels & { readonly severity: string } {
  return { ...labels, severity };
}

function checkLimits(others: readonly ListedSilence[], { silence: { by }, size }: ListedSilence, now: Instant): void {
  const open = others.filter(({ silence }) => silenceState(silence, now) !== "expired");
  const own = open.filter(({ silence }) => silence.by === by);
  if (open.length >= MAX_OPEN) {
    throw new RangeError(`There are already ${MAX_OPEN} silences. End some, or create one that matches more.`);
  }
  if (own.length >= MAX_OPEN_PER_PERSON) {
    throw new RangeError(
      `${by} already has ${MAX_OPEN_PER_PERSON} silences. End some, or create one that matches more.`,
    );
  }
  if (size === 0) return;
  const total = (some: readonly ListedSilence[]) => some.reduce((sum, one) => sum + one.size, size);
  if (total(own) > MAX_PATTERN_SIZE || total(open) > MAX_SIZE) {
    throw new RangeError(
      "The regular expressions of all silences together would take too long to evaluate. Use simpler ones, or = instead of =~, or end some silences.",
    );
  }
}

function toSilence({ id, scope, by, endWhenNormal, repeat, ...request }: SilenceRequest, now: Instant): Silence {
  const reason = requireReason(request.reason);
  const from = Math.max(request.from ?? now, now);
  requireEndAfter(request.until, from);
  const times = { from, until: request.until, ...(repeat === undefined ? {} : { repeat }) };
  const silence = { id, scope, ...times, reason, by, createdAt: now, endWhenNormal };
  try {
    SilenceList.compile(silence);
  } catch (error) {
    throw new RangeError(errorMessage(error), { cause: error });
  }
  return silence;
}

function changedSilence(silence: Silence, change: SilenceChange, now: Instant): Silence {
  if (silenceState(silence, now) === "expired") {
    throw new RangeError("The silence has expired. Create a new one.");
  }
  if (silence.repeat !== undefined && change.endWhenNormal === true) {
    throw new RangeError("A recurring silence cannot end early.");
  }
  const until = change.until ?? silence.until;
  requireEndAfter(until, Math.max(now, silence.from));
  return {
    ...silence,
    until,
    reason: change.reason === undefined ? silence.reason : requireReason(change.reason),
    endWhenNormal: change.endWhenNormal ?? silence.endWhenNormal,
  };
}

function requireEndAfter(until: Instant, from: Instant): void {
  if (!(until > from)) throw new RangeError("The end of a silence must be after its start, and in the future.");
}

function requireReason(reason: string): string {
  const trimmed = reason.trim();
  if (trimmed === "") throw new RangeError("A silence needs a reason. Add one, so that others know why.");
  return trimmed;
}
