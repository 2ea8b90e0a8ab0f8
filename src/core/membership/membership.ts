/** Which replica may own the state. Pure: PostgreSQL enforces the result (docs/adr/0029-standby-on-postgresql.md). */
import { type Duration, type Instant, SECOND } from "../model/time.ts";

/** How often the owner of the state renews its membership, and how often a standby looks. */
export const HEARTBEAT_INTERVAL: Duration = SECOND;
export const STANDBY_INTERVAL: Duration = 500;
/** A heartbeat without a response within this time has failed. */
export const HEARTBEAT_TIMEOUT: Duration = 3 * SECOND;
/** A member expires this long after its last heartbeat, by the clock of the database. */
export const MEMBER_TTL: Duration = 5 * SECOND;
/** The owner trusts itself this long after the start of its last heartbeat: it stops before others may take over. */
const TRUSTED_FOR: Duration = 4 * SECOND;
/** Only a member whose own heartbeats have succeeded this long judges others: a failover of the database stops them all. */
const OBSERVED_FOR: Duration = 5 * SECOND;
/** The newest member takes over at once, others after this time: a rolling update moves the state once. */
const DEFERENCE: Duration = SECOND;

export interface MemberState {
  readonly id: string;
  /** By the clock of the database. */
  readonly startedAt: Instant;
  /** Milliseconds until it expires, by the clock of the database; negative afterwards. */
  readonly expiresIn: Duration;
}

/** The state of all members at one heartbeat. */
export interface Observed {
  readonly members: readonly MemberState[];
  /** The member that owns the state; undefined when it was released. */
  readonly owner: string | undefined;
  /** Milliseconds since the owner changed, by the clock of the database. */
  readonly changedFor: Duration;
}

/** Why a member takes over: the owner has stopped in order, has no heartbeat any more, or there was none. */
export type TakeoverCause = "released" | "expired";

/** Monotonic times. `beganAt`: when the last successful heartbeat began; undefined without one. */
export function isTrusted(beganAt: Duration | undefined, now: Duration): boolean {
  return beganAt !== undefined && now - beganAt < TRUSTED_FOR;
}

/** Why this member takes over now; undefined while it waits. `steadyFor`: how long its own heartbeats have succeeded. */
export function takeoverCause(
  me: string,
  { members, owner, changedFor }: Observed,
  steadyFor: Duration,
): TakeoverCause | undefined {
  const live = members.filter(({ id, expiresIn }) => id === me || expiresIn > 0);
  if (live.some(({ id }) => id === owner)) return undefined;
  const isReleased = owner === undefined;
  if (!isReleased && steadyFor < OBSERVED_FOR) return undefined;
  const last = members.find(({ id }) => id === owner);
  const vacantFor = last === undefined ? changedFor : -last.expiresIn;
  if (newest(live) !== me && vacantFor < DEFERENCE) return undefined;
  return isReleased ? "released" : "expired";
}

function newest(members: readonly MemberState[]): string | undefined {
  return members.toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))[0]?.id;
}
