import type { TakeoverCause } from "../core/membership/membership.ts";
import type { Duration, Instant } from "../core/model/time.ts";

/** The replicas that share one database. One owns the state; the others stand by and take over when it stops. */
export interface Replicas {
  /** As of the last heartbeat, this one included, oldest first. */
  members(): readonly ReplicaMember[];
  /** Newest first. */
  takeovers(): readonly Takeover[];
  /** Why the database cannot be reached now; undefined while heartbeats succeed. */
  problem(): string | undefined;
  /** False when another replica may have taken over: nothing may be sent then. */
  isTrusted(): boolean;
  /** Resolves when another replica has taken over from this one: the process must end. */
  readonly lost: Promise<Error>;
}

export interface ReplicaMember {
  readonly id: string;
  readonly role: ReplicaRole;
  readonly isSelf: boolean;
  readonly version: string;
  /** Where other replicas reach it; undefined while it does not listen. */
  readonly url: string | undefined;
  readonly startedAt: Instant;
  readonly lastHeartbeatAt: Instant;
}

export type ReplicaRole = "owner" | "standby";

export interface Takeover {
  /** When the new owner took over, by the clock of the database. */
  readonly at: Instant;
  readonly cause: TakeoverCause;
  /** From the last heartbeat of the previous owner, or from its end, until the new owner took over. */
  readonly vacantFor: Duration;
}
