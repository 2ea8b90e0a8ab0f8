import { randomUUID } from "node:crypto";
import type pg from "pg";
import {
  HEARTBEAT_INTERVAL,
  HEARTBEAT_TIMEOUT,
  isTrusted,
  MEMBER_TTL,
  STANDBY_INTERVAL,
  takeoverCause,
} from "../../core/membership/membership.ts";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { ReplicaMember, Replicas, Takeover } from "../../ports/replicas.ts";
import type { ReplicaEvents } from "../../telemetry/replica-events.ts";
import { explainPostgres } from "./postgres-errors.ts";
import { type Beat, memberQueries } from "./postgres-members.ts";
import { connectBriefly, cut } from "./postgres-session.ts";

/** How a replica describes itself to the others. */
export interface ReplicaIdentity {
  readonly version: string;
  /** Where other replicas reach it; undefined while it does not listen. */
  readonly url: () => string | undefined;
}

export interface MembershipOptions extends ReplicaIdentity {
  readonly connectionString: string;
  readonly schema: string;
  /** Host and database, for messages. */
  readonly database: string;
  readonly clock: Clock;
  readonly events: ReplicaEvents;
  /** Called when what `Replicas` says has changed. */
  readonly changed: () => void;
}

/** Another replica owns the state: this process may neither write nor send. */
export class OwnershipLostError extends Error {
  override readonly name = "OwnershipLostError";
}

const REMOVE_EXPIRED_INTERVAL: Duration = MINUTE;
const TAKE_TIMEOUT: Duration = 10 * SECOND;
const applicationNameOf = (id: string) => `pod-watcher ${id}`;

/** Rejects when the database cannot be used. Afterwards an unreachable database is retried. */
export async function joinMembers(options: MembershipOptions): Promise<Membership> {
  const membership = new Membership(options);
  await membership.join();
  return membership;
}

/** This process among the replicas that share a schema. docs/adr/0029-standby-on-postgresql.md has the rules. */
export class Membership implements Replicas, AsyncDisposable {
  readonly #options: MembershipOptions;
  readonly #queries: ReturnType<typeof memberQueries>;
  readonly #owned = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<Error>();
  #id: string = randomUUID();
  #client: pg.Client | undefined;
  #timer: Timer | undefined;
  #last: Beat | undefined;
  /** Monotonic: when the last successful heartbeat began, and the first one since the last that failed. */
  #beganAt: Duration | undefined;
  #steadySince: Duration | undefined;
  #removedExpiredAt: Duration;
  #beating: Promise<void> | undefined;
  #taking: Promise<void> | undefined;
  #problem: string | undefined;
  #lostError: OwnershipLostError | undefined;
  #isOwner = false;
  #isClosed = false;
  #untrusted = () => {};

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#queries = memberQueries(options.schema);
    this.#removedExpiredAt = options.clock.monotonic();
  }

  async join(): Promise<void> {
    try {
      this.#client = await this.#connect("heartbeat", HEARTBEAT_TIMEOUT);
      await this.#queries.prepare(this.#client);
      await this.#queries.join(this.#client, this.#id, this.#options.version);
    } catch (error) {
      this.#cut();
      throw explainPostgres(withCode(error), this.#options.database);
    }
    this.#beat();
    await this.#beating;
    await this.#taking;
    await this.#beating;
  }

  get isOwner(): boolean {
    return this.#isOwner;
  }

  /** Its row in `member_fences` is what every write depends on. */
  get id(): string {
    return this.#id;
  }

  /** Of the sessions in which this member writes. */
  get applicationName(): string {
    return applicationNameOf(this.#id);
  }

  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  /** Resolves when this replica owns the state. Rejects when the signal is aborted. */
  async owned(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      await Promise.race([this.#owned.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  isTrusted(): boolean {
    return this.#isOwner && isTrusted(this.#beganAt, this.#options.clock.monotonic());
  }

  problem(): string | undefined {
    return this.#problem;
  }

  members(): readonly ReplicaMember[] {
    if (this.#last === undefined) return [];
    const { now, owner, members } = this.#last;
    return members.map((member) => ({
      id: member.id,
      role: member.id === owner ? "owner" : "standby",
      isSelf: member.id === this.#id,
      version: member.version,
      url: member.url ?? undefined,
      startedAt: Math.round(member.startedAt),
      lastHeartbeatAt: Math.round(now + member.expiresIn - MEMBER_TTL),
    }));
  }

  takeovers(): readonly Takeover[] {
    return (this.#last?.takeovers ?? []).map((takeover) => ({ ...takeover, at: Math.round(takeover.at) }));
  }

  /** Calls back when heartbeats fail and the trust has ended: queries in progress may wait for long. */
  onUntrusted(callback: () => void): void {
    this.#untrusted = callback;
  }

  /** Throws after another replica has taken over. */
  assertNotLost(): void {
    if (this.#lostError !== undefined) throw this.#lostError;
  }

  /** Another replica has removed the fence of this one. */
  lose(): OwnershipLostError {
    if (this.#lostError === undefined) {
      const { schema, database, events } = this.#options;
      const message = `Another replica has taken over schema ${schema} of ${database}, because this one was silent for ${MEMBER_TTL / SECOND} s. This process ends and can be started again.`;
      this.#lostError = new OwnershipLostError(message);
      this.#isOwner = false;
      this.#timer?.cancel();
      events.ownershipLost(message);
      this.#lost.resolve(this.#lostError);
    }
    return this.#lostError;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#taking;
    await this.#beating;
    if (this.#lostError === undefined && this.#problem === undefined) {
      // Without it, the others wait until this member expires.
      await this.#once((client) => this.#queries.leave(client, this.#id), HEARTBEAT_TIMEOUT).catch(() => {});
    }
    this.#cut();
  }

  #beat(): void {
    this.#timer?.cancel();
    this.#beating = (this.#beating ?? Promise.resolve()).then(() => this.#beatOnce());
  }

  async #beatOnce(): Promise<void> {
    if (this.#isClosed || this.#lostError !== undefined) return;
    const { clock } = this.#options;
    const beganAt = clock.monotonic();
    try {
      const seen = await this.#look(beganAt);
      this.#succeeded(seen, beganAt);
      if (!seen.isMember) await this.#removed();
    } catch (error) {
      this.#failed(error);
    }
    if (this.#isClosed || this.#lostError !== undefined) return;
    const interval = this.#isOwner ? HEARTBEAT_INTERVAL : STANDBY_INTERVAL;
    this.#timer = clock.after(Math.max(0, beganAt + interval - clock.monotonic()), () => this.#beat());
  }

  /** A connection that was closed meanwhile, by a restart of the database for example, is replaced at once. */
  async #look(beganAt: Duration): Promise<Beat> {
    const { clock, url } = this.#options;
    const isReused = this.#client !== undefined;
    try {
      this.#client ??= await this.#connect("heartbeat", HEARTBEAT_TIMEOUT);
      return await this.#queries.beat(this.#client, this.#id, url());
    } catch (error) {
      if (!isReused || clock.monotonic() - beganAt > STANDBY_INTERVAL) throw error;
      this.#cut();
      this.#client = await this.#connect("heartbeat", HEARTBEAT_TIMEOUT);
      return await this.#queries.beat(this.#client, this.#id, url());
    }
  }

  #succeeded(seen: Beat, beganAt: Duration): void {
    const { clock, events, changed } = this.#options;
    const hasChanged = this.#last === undefined || namesIn(this.#last) !== namesIn(seen);
    this.#last = seen;
    this.#steadySince ??= beganAt;
    if (seen.isMember) this.#beganAt = beganAt;
    events.observed(seen.members.length);
    if (this.#problem !== undefined) {
      this.#problem = undefined;
      events.databaseReachable();
      changed();
    } else if (hasChanged) changed();
    if (!seen.isMember) return;
    if (!this.#isOwner && seen.owner === this.#id) {
      this.#isOwner = true;
      const [takeover] = seen.takeovers;
      if (takeover !== undefined) events.tookOver(takeover);
      this.#owned.resolve();
    }
    if (!this.#isOwner) this.#consider(seen);
    else if (clock.monotonic() - this.#removedExpiredAt >= REMOVE_EXPIRED_INTERVAL) {
      this.#removedExpiredAt = clock.monotonic();
      // Repeated a minute later.
      this.#once((client) => this.#queries.removeExpired(client, this.#id), HEARTBEAT_TIMEOUT).catch(() => {});
    }
  }

  #failed(error: unknown): void {
    const { clock, database, events, changed } = this.#options;
    this.#cut();
    this.#steadySince = undefined;
    if (this.#problem === undefined) {
      const explained = explainPostgres(withCode(error), database);
      this.#problem = explained.message;
      events.databaseUnreachable(explained);
      changed();
    }
    if (!isTrusted(this.#beganAt, clock.monotonic())) this.#untrusted();
  }

  /** A standby that was removed, because it was expired for long, returns as a new member. */
  async #removed(): Promise<void> {
    if (this.#isOwner) {
      this.lose();
      return;
    }
    this.#id = randomUUID();
    if (this.#client !== undefined) await this.#queries.join(this.#client, this.#id, this.#options.version);
  }

  #consider(seen: Beat): void {
    if (this.#taking !== undefined || this.#isClosed) return;
    const { clock } = this.#options;
    const observed = { members: seen.members, owner: seen.owner ?? undefined, changedFor: seen.changedFor };
    const now = clock.monotonic();
    const cause = takeoverCause(this.#id, observed, now - (this.#steadySince ?? now));
    if (cause === undefined) return;
    this.#taking = this.#take(cause, seen.owner).finally(() => {
      this.#taking = undefined;
      // The next heartbeat shows the owner, even if the response to the COMMIT was lost.
      this.#beat();
    });
  }

  async #take(cause: Takeover["cause"], previous: string | null): Promise<void> {
    const { database, events } = this.#options;
    try {
      await this.#once((client) => this.#queries.take(client, this.#id, cause), TAKE_TIMEOUT);
    } catch (error) {
      events.takeoverFailed(explainPostgres(withCode(error), database));
      if (previous === null || !isLockTimeout(error)) return;
      const ended = this.#once(
        (client) => this.#queries.endSessions(client, applicationNameOf(previous)),
        HEARTBEAT_TIMEOUT,
      );
      await ended.catch(() => {});
    }
  }

  #connect(purpose: string, timeout: Duration): Promise<pg.Client> {
    const { connectionString } = this.#options;
    return connectBriefly(connectionString, `${applicationNameOf(this.#id)} (${purpose})`, timeout);
  }

  /** One operation on a connection of its own, so that heartbeats do not wait for it. */
  async #once<T>(work: (client: pg.Client) => Promise<T>, timeout: Duration): Promise<T> {
    const client = await this.#connect("members", timeout);
    try {
      return await work(client);
    } finally {
      cut(client);
    }
  }

  #cut(): void {
    if (this.#client !== undefined) cut(this.#client);
    this.#client = undefined;
  }
}

const namesIn = ({ owner, members }: Beat) => JSON.stringify([owner, members.map(({ id, url }) => [id, url])]);

/** lock_not_available */
function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "55P03";
}

/** The driver's own timeouts have no code. */
function withCode(error: unknown): unknown {
  if (error instanceof Error && !("code" in error) && /timeout/i.test(error.message)) {
    return Object.assign(new Error(error.message, { cause: error }), { code: "ETIMEDOUT" });
  }
  return error;
}
