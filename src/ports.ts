/**
 * Every seam of the program on one page: where it can be taken apart, and what each side promises the other.
 * Implementations live in kubernetes/, store/, notify/ and http/; `app.ts` hands them over.
 */
import type { Acknowledgement, Alert, AlertLabels, Transition } from "./core/alert.ts";
import type { ControllerEvent } from "./core/detect/cannot-create-pods.ts";
import type { Departure, Known } from "./core/evaluate.ts";
import type { PodHistory, WorkloadHistory } from "./core/history.ts";
import type { GroupMemory } from "./core/notification.ts";
import type { PodSnapshot, Workload } from "./core/pod.ts";
import type { Silence } from "./core/silence.ts";
import type { Duration, Instant } from "./core/time.ts";

// ─── Time ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Time and chance, handed in so that tests decide them. */
export interface Clock {
  /** The wall clock. May jump: never measure a span with it. */
  now(): Instant;
  /** Milliseconds that only ever grow; no relation to the wall clock. */
  monotonic(): Duration;
  /** Calls back once, not before `delay`. The timer never keeps the process alive. */
  after(delay: Duration, callback: () => void): Timer;
  /** In [0, 1), for jitter. */
  random(): number;
}

export interface Timer {
  cancel(): void;
}

// ─── Pods ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The pods of the watched namespaces, kept true. The contract, as for client-go's SharedInformer:
 * - the picture is eventually right; what the sink sees is a *subsequence* of a pod's states: any may be missing;
 * - the changes of one pod come in order, those of different pods in any;
 * - the same state may come twice; a pod deleted and made anew under one name is two pods with two UIDs, and the
 *   first one's `gone` comes before the second one's `seen`;
 * - after a missed deletion only the last known state is left (`how: "vanished"`; `"unwatched"` when we leave it);
 * - the sink is called synchronously and must return within microseconds; what it throws is counted and does no harm.
 */
export interface PodSource extends AsyncDisposable {
  /** Starts watching; returns at once. Call once. */
  start(sink: PodSink): void;
  /** All known pods, of one namespace or of all, in no order. Valid until the next turn of the event loop. */
  pods(namespace?: string): Iterable<PodSnapshot>;
  pod(namespace: string, name: string): PodSnapshot | undefined;
  /** One entry per watched namespace, by name. */
  health(): readonly NamespaceHealth[];
}

export type PodChange =
  /** `previous` is undefined when the pod was not known before. */
  | {
      readonly type: "seen";
      readonly pod: PodSnapshot;
      readonly previous: PodSnapshot | undefined;
      readonly rewound?: Rewound;
    }
  /** `pod` is the last state known, which for "deleted" is the final one that Kubernetes sent. */
  | { readonly type: "gone"; readonly pod: PodSnapshot; readonly how: Departure; readonly rewound?: Rewound };

/**
 * The cluster has gone back in time (etcd restored from a backup): nothing has happened to the pod, but what was known
 * of it since the backup is no longer so. It is where to begin anew, and nothing to tell of.
 */
type Rewound = true;

export interface PodSink {
  changed(change: PodChange): void;
  /** A namespace's picture is complete again: at first, and after every gap. */
  synced(namespace: string): void;
  /** Something in `health()` changed that a person or an alert may care about. */
  healthChanged(health: NamespaceHealth): void;
  /** A namespace is no longer watched; its pods were reported gone ("vanished") before. */
  unwatched(namespace: string): void;
}

export type WatchState =
  | "starting"
  | "syncing"
  | "live"
  /** The picture was complete once and is not confirmed now. */
  | "stale"
  /** Reading by polling, since watch is denied. */
  | "polling"
  /** 401. */
  | "unauthenticated"
  /** 403. */
  | "forbidden"
  /** 404: the namespace does not exist. */
  | "missing";

export interface NamespaceHealth {
  readonly namespace: string;
  readonly state: WatchState;
  readonly pods: number;
  /** Since when the picture is confirmed complete without a break; undefined when it is not confirmed now. */
  readonly liveSince: Instant | undefined;
  /** Since when it is not confirmed, from the start on; undefined while it is. */
  readonly unconfirmedSince: Instant | undefined;
  /** The last moment at which the picture was known to be complete; undefined before the first sync. */
  readonly confirmedAt: Instant | undefined;
  readonly lastEventAt: Instant | undefined;
  readonly lastBookmarkAt: Instant | undefined;
  readonly resourceVersion: string | undefined;
  /** How often, by cause: full syncs ("start", "expired", "comparison"…), reconnects ("timeout", "reset"…). */
  readonly syncs: Readonly<Record<string, number>>;
  readonly reconnects: Readonly<Record<string, number>>;
  /** Counts of 401, 403, 410 and 429 answers, by status. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly decodeErrors: number;
  /** Pods that a full comparison found different from what the watch had told: should stay 0. */
  readonly differences: number;
  /** The newest first, at most 20. An open gap has no end. */
  readonly gaps: readonly Gap[];
  /** What went wrong last, for the person who can mend it; undefined when all is well. */
  readonly problem: Problem | undefined;
}

export interface Gap {
  readonly from: Instant;
  readonly to: Instant | undefined;
  readonly cause: string;
}

export interface Problem {
  readonly since: Instant;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What would mend it: a command to copy where there is one. */
  readonly remedy: string | undefined;
  /** Missing permissions as `verb resource`, such as `watch pods`. */
  readonly missing: readonly string[];
}

// ─── Evidence ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What controllers say of the pods that they could not, or could again, create. */
export interface ControllerEvents {
  /** The FailedCreate events of a namespace and, where there are any, the SuccessfulCreate ones, in no order. */
  list(namespace: string): Promise<readonly ControllerEvent[]>;
}

/** An object as Kubernetes gives it. Only `metadata` is certain. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

/** Looks into the cluster on demand. Every call has its own deadline and may fail: nothing waits for it. */
export interface Evidence {
  /** core/v1 Events of one pod (matched by UID where given) or of a whole namespace, newest first. */
  events(
    namespace: string,
    pod?: { readonly name: string; readonly uid?: string },
  ): Promise<readonly KubernetesObject[]>;
  /** The pods as the API gives them, without environment values, tokens and managedFields. */
  pods(namespace: string, pod?: string): Promise<readonly KubernetesObject[]>;
  /** The end of a container's log, secrets masked; the previous run's when `previous`. */
  log(namespace: string, pod: string, container: string, options: LogOptions): Promise<Excerpt>;
}

export interface LogOptions {
  readonly previous: boolean;
  readonly tailLines: number;
}

export type Excerpt =
  /** `masked`: how many secrets were masked in it, where they were counted. */
  | { readonly available: true; readonly lines: readonly string[]; readonly masked?: number }
  /** Why there is none, in words: not kept, forbidden, never started. */
  | { readonly available: false; readonly because: string; readonly why?: NoLog };

export type NoLog = "not-kept" | "forbidden" | "never-started" | "unreachable";

/** What was found out about an alert when it fired, kept when the pod and its events are long gone. Plain JSON. */
export interface KeptEvidence {
  readonly takenAt: Instant;
  /** Newest first, at most 50. */
  readonly events: readonly KubernetesObject[];
  /** The end of the previous run's log, or of the present one's where there was none before; masked. */
  readonly log: Excerpt | undefined;
  /** The pod as Kubernetes gave it, without environment values; undefined when it was gone already. */
  readonly pod: KubernetesObject | undefined;
  /** The workload's other pods at that moment. */
  readonly siblings: readonly Sibling[];
  /** What could not be had and why, in words. */
  readonly notes: readonly string[];
}

/** Evidence by episode of an alert: kept as long as the alert is. */
export interface EvidenceStore {
  keep(alert: Pick<Alert, "fingerprint" | "episode">, evidence: KeptEvidence): Promise<void>;
  kept(alert: Pick<Alert, "fingerprint" | "episode">): Promise<KeptEvidence | undefined>;
}

export interface Sibling {
  readonly pod: string;
  readonly node: string | undefined;
  readonly phase: string;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly createdAt: Instant;
  readonly images: readonly string[];
}

// ─── State ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What one evaluation batch leaves behind: written as one transaction or not at all. */
export interface Batch {
  readonly at: Instant;
  /** By pod UID; undefined forgets it. */
  readonly pods: ReadonlyMap<string, PodHistory | undefined>;
  /** By `namespace/Kind/name`; undefined forgets it. */
  readonly workloads: ReadonlyMap<string, WorkloadHistory | undefined>;
  /** New and changed alerts, by fingerprint and episode. */
  readonly alerts: readonly Alert[];
  /** Pending alerts whose finding went away: removed without a trace but for their transition. */
  readonly forgotten: readonly Pick<Alert, "fingerprint" | "episode">[];
  readonly transitions: readonly Transition[];
  /** Newly seen terminations, for the counters that survive a restart. */
  readonly terminations: readonly TerminationCount[];
  /**
   * When each namespace's picture was last known to be complete: the far end of a gap after a restart. Undefined: it is
   * watched no longer, and would be new if it were watched again.
   */
  readonly confirmed: ReadonlyMap<string, Instant | undefined>;
}

/**
 * `code` of an error whose message says, for the operator, why the state cannot be read or written at present: the disk
 * is full, the database is away. What was asked for did not happen and may be asked for again.
 */
export const STATE_UNAVAILABLE = "STATE_UNAVAILABLE";

/** More combinations than this are counted together per namespace, under `other`: bare pods each have a name of their own. */
export const MAX_TERMINATION_SERIES = 2_000;
export const OTHER = "other";

export interface TerminationCount {
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
  readonly reason: string;
  readonly count: number;
}

/** Everything that survived the last stop. */
export interface Remembered {
  readonly pods: readonly PodHistory[];
  readonly workloads: readonly WorkloadHistory[];
  /** The newest episode of every alert that is pending or firing, or was resolved within the retention. */
  readonly alerts: readonly Alert[];
  readonly terminations: readonly TerminationCount[];
  readonly confirmed: ReadonlyMap<string, Instant>;
}

/** The committed state. All of it may be read while a commit is under way; a reader never sees half a batch. */
export interface AlertStore extends AsyncDisposable {
  load(): Promise<Remembered>;
  /** Durable when it resolves. Rejects with a reason for the operator (disk full, read-only…); the batch may be retried. */
  commit(batch: Batch): Promise<void>;
  alerts(query: AlertQuery): Promise<readonly Alert[]>;
  transitions(query: TransitionQuery): Promise<readonly LoggedTransition[]>;
  acknowledge(fingerprint: string, acknowledgement: Acknowledgement | undefined): Promise<Alert | undefined>;
  readonly handover: HandoverStore;
  /** Removes what is older than the retention, in small transactions; says how many rows went. */
  prune(before: Instant): Promise<number>;
  /** Bytes on disk, for /metrics. */
  size(): Promise<number>;
  /** Rejects with the reason when nothing can be written. */
  checkWritable(): Promise<void>;
}

export interface AlertQuery {
  readonly states?: readonly Alert["state"]["name"][];
  readonly namespace?: string;
  readonly fingerprint?: string;
  /** At most this many, newest first (by when they became active). */
  readonly limit?: number;
  /** Opaque; `alertCursor` (core/cursor.ts) of the last answer's last row. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

/** A transition with its place in the log. */
export type LoggedTransition = Transition & { readonly id: number };

export interface TransitionQuery {
  readonly fingerprint?: string;
  readonly namespace?: string;
  /** Only these namespaces, where the caller may see only some. */
  readonly namespaces?: readonly string[];
  readonly pod?: string;
  /** At most this many, newest first. */
  readonly limit?: number;
  /** The `id` of the last answer's last row, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

// ─── Hand-over (pull) ────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Pull consumers. An alert is *due* for a consumer once per episode, from when it fires, also when it has resolved
 * before anybody asked; a PodRestartingTooOften is due again when the threshold is crossed by restarts after the last
 * hand-over. A claim hands out what is due under a lease; `confirm` makes it final; what is neither confirmed nor
 * released before the lease ends is due again with the same `id` and `sequence` and a higher `delivery`.
 * A new consumer begins with what is firing now.
 */
export interface HandoverStore {
  /** Changes nothing. */
  peek(consumer: string, options: ClaimOptions): Promise<readonly Delivery[]>;
  claim(consumer: string, options: ClaimOptions): Promise<readonly Delivery[]>;
  /**
   * Makes deliveries final; unknown ids and those whose lease has ended are returned, and nothing happens to them. With
   * `namespaces`, what is of any other is as unknown as what does not exist.
   */
  confirm(
    consumer: string,
    ids: readonly string[],
    now: Instant,
    namespaces?: readonly string[],
  ): Promise<readonly string[]>;
  /** Gives deliveries back at once (a broken response, a negative ack). Unknown ids are returned, as above. */
  release(
    consumer: string,
    ids: readonly string[],
    now: Instant,
    namespaces?: readonly string[],
  ): Promise<readonly string[]>;
  consumers(): Promise<readonly Consumer[]>;
  /** The confirmed hand-overs to one consumer, newest first, one per alert: what makes a container's status `Sent`. */
  handedOver(consumer: string): Promise<readonly HandedOver[]>;
}

export interface ClaimOptions {
  readonly now: Instant;
  readonly lease: Duration;
  readonly limit?: number;
  /** Only these namespaces, where the caller may see only some. */
  readonly namespaces?: readonly string[];
  /** The thresholds in force for an alert's labels, to decide whether restarts since the last hand-over suffice. */
  readonly restartPolicy: (labels: AlertLabels) => { readonly threshold: number; readonly timeframe: Duration };
}

export interface Delivery {
  /** The same for every delivery of one telling: `fingerprint.episode.telling`. */
  readonly id: string;
  /** Counts from 1 without gaps per consumer. */
  readonly sequence: number;
  /** 1 the first time, higher when it comes again. */
  readonly delivery: number;
  readonly leaseUntil: Instant;
  readonly alert: Alert;
}

export interface Consumer {
  readonly name: string;
  readonly createdAt: Instant;
  readonly lastSequence: number;
  readonly lastSeenAt: Instant;
  readonly leased: number;
}

export interface HandedOver {
  readonly fingerprint: string;
  readonly episode: number;
  readonly at: Instant;
}

// ─── Live state, as the pages see it ─────────────────────────────────────────────────────────────────────────────

/** What the watcher knows now. Alerts are the committed ones; pods are as last seen. */
export interface LiveState {
  readonly source: Pick<PodSource, "pods" | "pod" | "health">;
  history(uid: string): PodHistory | undefined;
  /** The newest episode of every alert that is open or was resolved within the retention. */
  alerts(): Iterable<Alert>;
  alert(fingerprint: string): Alert | undefined;
  /** The open alerts that this pod takes part in. */
  alertsOf(uid: string): readonly Alert[];
  /** The pods of a workload, in no order and without a search; none for a bare pod. Valid until the next turn. */
  podsOf(namespace: string, workload: Workload): readonly PodSnapshot[];
  /** What the next look at this pod would be compared with: for explaining, never for telling. */
  known(pod: PodSnapshot): Known;
  terminations(): readonly TerminationCount[];
  /** Called after every commit with what changed; coalesced, never per event. Dispose to stop. */
  subscribe(listener: (changes: StateChanges) => void): Disposable;
}

export interface StateChanges {
  /** Pods that were seen, changed or are gone, by UID. */
  readonly pods: ReadonlyMap<string, Pick<PodSnapshot, "namespace" | "name">>;
  readonly alerts: readonly Alert[];
  readonly namespaces: ReadonlySet<string>;
}

// ─── Access ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AccessRequest {
  readonly namespace: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** SelfSubjectAccessReview: asks Kubernetes what a token may do, with that very token; our own when none is given. */
export interface AccessReview {
  /** False too for a token that Kubernetes does not accept. Rejects when Kubernetes does not answer. */
  allowed(request: AccessRequest, token?: string): Promise<boolean>;
  /**
   * SelfSubjectReview (or OpenShift's `users/~`): the login name of a token's owner; undefined when Kubernetes does not
   * accept the token. Rejects when it does not answer.
   */
  user?(token: string): Promise<string | undefined>;
}

// ─── Notifications (push) ────────────────────────────────────────────────────────────────────────────────────────

/** One message about one group of alerts, ready to be sent. Kept in the outbox from commit to delivery. */
export interface Notification {
  /** Idempotency key: the same for every attempt. */
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly status: "firing" | "resolved";
  readonly alerts: readonly Alert[];
  /** More alerts belong to the group than the message carries. */
  readonly truncatedAlerts: number;
  /** Why it is sent: first notification, group changed, repeat interval, resolved… */
  readonly reason: string;
  readonly createdAt: Instant;
  /** When the first message of this trouble was made: with `groupKey` it names the conversation about it. */
  readonly since: Instant;
  /** 1 for the first. */
  readonly attempt: number;
  /** What the receiver gave back for an earlier message of this conversation, such as a thread's name. */
  readonly reference?: string;
  /** Added just before an attempt, by fingerprint, for as many alerts as time allowed; never stored. */
  readonly evidence?: Readonly<Record<string, AlertEvidence>>;
}

/** What was found in the cluster about one alert, secrets masked. */
export interface AlertEvidence {
  /** The end of the previous container's log. */
  readonly log: readonly string[];
  /** Newest first, a line each. */
  readonly events: readonly string[];
}

export type SendFailure =
  | "clientError"
  | "serverError"
  | "authError"
  | "rateLimited"
  | "timeout"
  | "network"
  | "tooLarge";

/** The result is data: a receiver does not throw for what its service answers. */
export type SendResult =
  | {
      readonly delivered: true;
      /** Handed back with the next message of the conversation. */
      readonly reference?: string;
    }
  | {
      readonly delivered: false;
      readonly retry: boolean;
      readonly reason: SendFailure;
      /** For the operator; never holds a secret, a token or the path of a webhook. */
      readonly detail: string;
      readonly retryAfter?: Duration;
    };

export interface Receiver {
  readonly name: string;
  send(notification: Notification, signal: AbortSignal): Promise<SendResult>;
}

/**
 * The messages from the moment that they are decided until long after they were sent: the retained rows are the record
 * of what was said to whom, when and why. Messages of one group reach a receiver in order: one that waits for another
 * attempt holds up those after it, until it is delivered or given up.
 */
export interface OutboxStore {
  /** What every group has been told of. */
  groups(): Promise<readonly GroupMemory[]>;
  /** Durable when it resolves: messages to be sent, and what is remembered with them, as one transaction. */
  enqueue(changes: OutboxChanges): Promise<void>;
  /** Takes due messages of a receiver, one of each group. What is not settled before the lease ends is due again. */
  claim(
    receiver: string,
    options: { now: Instant; lease: Duration; limit: number },
  ): Promise<readonly ClaimedMessage[]>;
  /** Writes down what came of an attempt. False, and nothing written, when another attempt has been made since. */
  settle(attempted: Pick<Notification, "id" | "attempt">, outcome: SendOutcome, now: Instant): Promise<boolean>;
  /** When the next message of this receiver is due, which may be in the past; undefined when none waits. */
  nextDue(receiver: string): Promise<Instant | undefined>;
  /** Gives up what waits for receivers that are no longer configured; says how many messages that were. */
  abandon(known: readonly string[], because: string, now: Instant): Promise<number>;
  /** Newest first. */
  messages(query: OutboxQuery): Promise<readonly OutboxMessage[]>;
  /** Sends a message once more, with the same id, whatever became of it. False when there is none with this id. */
  resend(id: string, options: { now: Instant; giveUpAt: Instant }): Promise<boolean>;
}

export interface OutboxChanges {
  readonly notifications: readonly { readonly notification: Notification; readonly giveUpAt: Instant }[];
  /** By group key; undefined forgets the group. */
  readonly groups: ReadonlyMap<string, GroupMemory | undefined>;
}

export interface ClaimedMessage {
  readonly notification: Notification;
  /** From then on it is not tried again. */
  readonly giveUpAt: Instant;
}

export type SendOutcome =
  | { readonly delivered: true; readonly reference?: string }
  | {
      readonly delivered: false;
      /** Undefined: not any more. */
      readonly retryAt: Instant | undefined;
      readonly reason: SendFailure | "abandoned";
      readonly detail: string;
    };

export interface OutboxQuery {
  readonly id?: string;
  readonly receiver?: string;
  readonly groupKey?: string;
  readonly states?: readonly OutboxMessage["state"][];
  readonly from?: Instant;
  readonly to?: Instant;
  readonly limit?: number;
  /** The `place` of the last answer's last row, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

export interface OutboxMessage {
  readonly place: number;
  readonly notification: Notification;
  /** `dead` was given up: it is kept, and can be sent again. */
  readonly state: "pending" | "delivered" | "dead";
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly firstAttemptAt: Instant | undefined;
  readonly lastAttemptAt: Instant | undefined;
  /** When it was delivered or given up. */
  readonly settledAt: Instant | undefined;
  /** Why the last attempt failed; undefined when there was none or it succeeded. */
  readonly failure: { readonly reason: SendFailure | "abandoned"; readonly detail: string } | undefined;
}

// ─── Silences and what people did ────────────────────────────────────────────────────────────────────────────────

export interface SilenceStore {
  /** All that have not been pruned, newest first. */
  silences(): Promise<readonly Silence[]>;
  /** Makes or replaces one, and logs who did that and why, in one transaction. */
  put(silence: Silence, action: Action): Promise<void>;
  /** Several, in one transaction. */
  putAll(changes: readonly { readonly silence: Silence; readonly action: Action }[]): Promise<void>;
}

/** What a person (or the program in their name) did. Kept for the retention, never changed. */
export interface Action {
  readonly at: Instant;
  readonly by: string;
  readonly action:
    | "ack"
    | "unack"
    | "silence"
    | "silence-changed"
    | "silence-ended"
    | "test"
    | "resend"
    | "config-reload";
  /** What it was about: row ids, fingerprints, a silence's id, a receiver's name. */
  readonly about: readonly string[];
  readonly note?: string;
}

export interface ActionStore {
  log(action: Action): Promise<void>;
  /** Newest first. */
  actions(query: ActionQuery): Promise<readonly LoggedAction[]>;
}

export interface ActionQuery {
  /** Only those about this. */
  readonly about?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly limit?: number;
  /** The `id` of the last answer's last row, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

/** An action with its place in the log. */
export type LoggedAction = Action & { readonly id: number };

/** Everything that is kept. */
export interface Store extends AlertStore {
  readonly outbox: OutboxStore;
  readonly silences: SilenceStore;
  readonly actions: ActionStore;
  readonly evidence: EvidenceStore;
}
