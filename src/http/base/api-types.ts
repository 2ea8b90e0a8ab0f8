/**
 * What the status page receives and sends: the JSON of /api/v1 as far as the page uses it. Types only, shared by the
 * server and `ui/`. Rules for all of it:
 * - every path is `api/v1/…` relative to the page's base, so that a path prefix in front of the program changes nothing;
 * - times are epoch milliseconds by the server's clock, lengths of time milliseconds;
 * - what does not apply is absent, never null or "": 20,000 normal rows must stay small;
 * - an error is a `Problem` (`application/problem+json`, RFC 9457); a change carries the header `X-CSRF-Token` (from `Me.csrf`);
 * - a caller sees only the namespaces that they may see; any other answers 404 as if it did not exist.
 */
import type { Alertname, Severity } from "../../core/model/alert.ts";
import type { ContainerState, ContainerType, Termination } from "../../core/model/pod.ts";
import type { Duration, Instant } from "../../core/model/time.ts";
import type { WatchState } from "../../ports/pods.ts";

// ─── Every call of the page ──────────────────────────────────────────────────────────────────────────────────────

/** `{id}` is a `Row.id`, percent-encoded as one path segment. */
export interface Calls {
  "GET me": { readonly answer: Me };
  /** Sign-in with a pasted token, where `SignIn.kind` is "token": sets an HttpOnly cookie. 401 when it is refused. */
  "POST session": { readonly body: { readonly token: string }; readonly answer: Me };
  "DELETE session": { readonly answer: Nothing };
  /** `state.csv` has all rows that the query matches, as a spreadsheet; pages do not apply. */
  "GET state": { readonly query: StateQuery; readonly answer: State };
  "GET health": { readonly answer: HealthDetails };
  "GET config": { readonly answer: ConfigView };
  "GET containers/{id}": { readonly answer: Details };
  "GET containers/{id}/events": { readonly answer: Events };
  "GET containers/{id}/log": { readonly query: LogQuery; readonly answer: Log };
  "GET containers/{id}/history": { readonly query: PageQuery; readonly answer: Page<HistoryEntry> };
  /** Acknowledges (again) every open alert of these rows; ids that are gone or normal are answered in `skipped`. */
  "POST ack": { readonly body: AckRequest; readonly answer: AckAnswer };
  /** Takes acknowledgements back. */
  "POST unack": { readonly body: { readonly ids: readonly string[] }; readonly answer: AckAnswer };
  "GET silences": { readonly answer: { readonly silences: readonly Silence[] } };
  /** What the request would do now; changes nothing and needs no reason. */
  "POST silences/preview": { readonly body: SilencePreviewRequest; readonly answer: SilencePreview };
  /**
   * Creates a silence, or changes the one with this id. 409 with `Problem.conflicts` when an active silence has the same
   * scope, unless `evenIfSilenced`.
   */
  "PUT silences/{id}": { readonly body: SilenceRequest; readonly answer: Silence };
  /** Ends it now; it stays in the list as expired. */
  "DELETE silences/{id}": { readonly answer: Silence };
  "GET activity": { readonly query: ActivityQuery; readonly answer: Page<ActivityEntry> };
  "GET receivers": { readonly answer: { readonly receivers: readonly ReceiverView[] } };
  "POST receivers/{name}/test": { readonly answer: TestResult };
  "POST notifications/{id}/resend": { readonly answer: Nothing };
}
// The stream is GET stream: `text/event-stream` of `StreamEvent`s, see there.

/** 204 or `{}`. */
export type Nothing = Readonly<Record<string, never>> | undefined;

export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** Hand it back as `cursor` for the entries after these; absent at the end. */
  readonly next?: string;
}

export interface PageQuery {
  readonly cursor?: string;
  /** Default 100, at most 500. */
  readonly limit?: number;
}

/** RFC 9457 problem details, with the members that the page reads. */
export interface Problem {
  readonly type?: string;
  readonly title: string;
  readonly status: number;
  /** For the person who can mend it. */
  readonly detail?: string;
  /** Also in the header `X-Request-Id`, and in the log. */
  readonly requestId?: string;
  /** With 401. */
  readonly signIn?: SignIn;
  /** With 403: the missing permission, such as `update pods in shop-prod`. */
  readonly missing?: string;
  /** With 400 and 422: one per wrong field, `field` as a path such as `scopes.0.namespace`. */
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  /** With 409 from PUT silences/{id}. */
  readonly conflicts?: readonly Silence[];
}

// ─── Who is asking ───────────────────────────────────────────────────────────────────────────────────────────────

/** Also what tells a lost session (401, or a redirect to a login) from a lost server. */
export interface Me {
  /** Login name, for "by" and the user menu; absent in the mode `none`. */
  readonly user?: string;
  readonly mode: "none" | "token" | "kubernetes";
  readonly csrf: string;
  readonly can: Can;
  /** Present where signing out means something. */
  readonly signOut?: "session" | { readonly url: string };
}

export type SignIn =
  /** `{return}` in `url` is replaced by the percent-encoded address to come back to; a plain "." reloads the page. */
  | { readonly kind: "redirect"; readonly url: string }
  /** The page asks for a token and posts it to `session`; `hint` says which token (`oc whoami -t`). */
  | { readonly kind: "token"; readonly hint: string };

/** What the caller may do. A refusal says why in words that the page shows ("Your role may only view"). */
export interface Can {
  readonly ack: Permission;
  readonly silence: Permission;
  readonly export: Permission;
  readonly testReceivers: Permission;
  /** Silencing all namespaces at once. */
  readonly silenceEverything: Permission;
  /** Where the answer differs in a namespace. */
  readonly namespaces?: Readonly<Record<string, { readonly ack?: Permission; readonly silence?: Permission }>>;
}

export type Permission = true | { readonly reason: string };

// ─── State ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Read only when `State.paging` is present; a server that holds all rows in one answer may ignore it. */
export interface StateQuery extends PageQuery {
  /** Namespaces, comma-separated. */
  readonly ns?: string;
  /** `RowState`s, comma-separated. */
  readonly state?: string;
  /** Substring of pod, container, owner, node or reason, case-insensitive. */
  readonly q?: string;
  readonly view?: View;
  /** Column, with a leading "-" for descending; the default is by severity, then by count. */
  readonly sort?: string;
  /** From 1. */
  readonly page?: number;
  readonly perPage?: number;
  /** hide: without the rows of pods that are gone and of alerts that are over. The default is to show them. */
  readonly gone?: "show" | "hide";
}

/** problems: every row that is not Normal; handled: those silenced or acknowledged. */
export type View = "problems" | "all" | "handled";

/** One answer of GET state: everything the status screen needs. */
export interface State {
  /** Number of the last change in it: the stream goes on from here. */
  readonly seq: number;
  readonly serverNow: Instant;
  /** RESTART_TIMEFRAME and RESTART_THRESHOLD as they are without overrides. */
  readonly windowMs: Duration;
  readonly threshold: number;
  /** Length of one bar of the timelines: windowMs / 24. */
  readonly bucketMs: Duration;
  /** Of the program; another one in a later `hello` means "reload the page". */
  readonly version: string;
  readonly can: Can;
  readonly health: Health;
  /** What is watched, in words: `namespaces shop-prod, payments` or `every project that the token can see`. */
  readonly selector: string;
  /** Base address of the OpenShift console, without a trailing slash; absent where unknown. */
  readonly consoleUrl?: string;
  /** Which command line the copied commands use. */
  readonly cli: "oc" | "kubectl";
  /** Above these the silence dialogue asks twice. */
  readonly confirmSilence: { readonly containers: number; readonly duration: Duration };
  readonly rows: readonly Row[];
  /** Present when there are more rows than are sent (over 20,000): `rows` is then one page of the query. */
  readonly paging?: Paging;
}

export interface Paging {
  readonly page: number;
  readonly perPage: number;
  /** Rows in the list: those that match the query. */
  readonly matching: number;
  /** Rows of pods that are gone and of alerts that are over, shown or hidden, that match the query otherwise. */
  readonly gone: number;
  /** All rows but those: what is there now. */
  readonly total: number;
  /** Of these, Failure and Sent that nobody has taken or silenced: what the tab's title counts. */
  readonly unattended: number;
  /** How many more are in each state than at the window's start; negative for fewer. */
  readonly change: Counts;
  /** The newest restart of all. */
  readonly lastRestartAt?: Instant;
  /** Over what is there now. */
  readonly namespaces: readonly { readonly namespace: string; readonly counts: Counts }[];
}

export type RowState = "Failure" | "Sent" | "Warning" | "Normal";
export type Counts = Readonly<Record<RowState, number>>;

/**
 * One line of the table: a container, or an alert that belongs to no single container (a pod that cannot be placed, a
 * workload that cannot create pods, a namespace that cannot be watched).
 */
export interface Row {
  /**
   * Stable, and what `?open=` and the links in notifications carry. `namespace/pod/container`, `namespace/pod`,
   * `namespace/Kind/workload` or `namespace`: kinds begin with a capital, pod names cannot. A pod made anew under the
   * same name takes over the row.
   */
  readonly id: string;
  readonly scope: "container" | "pod" | "workload" | "namespace";
  readonly namespace: string;
  readonly pod?: string;
  readonly podUid?: string;
  readonly container?: string;
  /** Absent for a main container. */
  readonly type?: Exclude<ContainerType, "main">;
  readonly state: RowState;
  /** When it came into this state; absent when Normal since before the window. */
  readonly since?: Instant;
  /**
   * The changes of its state within the window, oldest first; of very many the last. At the window's start it was what
   * the first of them came from, or what it is now where there is none.
   */
  readonly changes?: readonly StateChange[];
  /** The open alerts, the worst first. Absent when there is none. */
  readonly alerts?: readonly RowAlert[];
  readonly ack?: Ack;
  /** The silence in force; of several, the one that lasts longest. */
  readonly silenced?: RowSilence;
  /** Restarts within the window, oldest first, unbounded by the threshold: the page counts and draws them itself. */
  readonly restarts?: readonly Instant[];
  /** Thresholds in force for this row, where an override differs from the state's. */
  readonly threshold?: number;
  readonly windowMs?: Duration;
  /** The newest restart of all, also from before the window. */
  readonly lastRestart?: LastRestart;
  /** `Kind/name` of what a person deployed. Absent for a bare pod. */
  readonly owner?: string;
  readonly node?: string;
  /** The Kubernetes reason in force now: CrashLoopBackOff, ImagePullBackOff, OOMKilled, Unschedulable… */
  readonly reason?: string;
  /** One sentence about what is wrong. */
  readonly summary?: string;
  /** When the pod was gone; the row stays until its window ends. */
  readonly deletedAt?: Instant;
  /** When the last alert of a pod, workload or namespace was over; the row stays until its window ends, and is Normal. */
  readonly resolvedAt?: Instant;
}

export interface StateChange {
  readonly at: Instant;
  readonly from: RowState;
  readonly to: RowState;
}

export interface RowAlert {
  readonly fingerprint: string;
  readonly name: Alertname;
  readonly severity: Severity;
  readonly firedAt: Instant;
  readonly summary: string;
}

export interface LastRestart {
  readonly at: Instant;
  readonly exitCode?: number;
  readonly reason?: string;
  /** The time is not from a record of Kubernetes. */
  readonly inferred?: true;
}

export interface Ack {
  readonly by: string;
  readonly at: Instant;
  readonly note?: string;
  readonly notifyOnWorsening: boolean;
}

export interface RowSilence {
  readonly id: string;
  readonly by: string;
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
}

// ─── Health ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Health {
  /** Every watched namespace, by name. */
  readonly namespaces: readonly NamespaceView[];
  /** Receivers that fail now. */
  readonly receivers: readonly ReceiverProblem[];
  /** What keeps the server from its work beyond one namespace: API server gone, store not writable, clock skew. */
  readonly problems: readonly { readonly since: Instant; readonly message: string; readonly remedy?: string }[];
}

export interface NamespaceView {
  readonly namespace: string;
  readonly state: WatchState;
  readonly pods: number;
  /** Present when the picture is not confirmed now: the page shows "Unknown since" and never green. */
  readonly staleSince?: Instant;
  readonly message?: string;
  /** A command to copy. */
  readonly remedy?: string;
  /** `verb resource`. */
  readonly missing?: readonly string[];
  readonly lastEventAt?: Instant;
}

export interface ReceiverProblem {
  readonly receiver: string;
  /** slack, webhook, email… */
  readonly kind: string;
  /** Notifications not delivered: waiting for another attempt, or given up. */
  readonly undelivered: number;
  readonly since: Instant;
  /** `HTTP 403`, `connection refused`; no secret. */
  readonly detail: string;
}

export interface NamespaceHealth extends NamespaceView {
  /** When nobody was looking, the newest first. `to` is absent while it lasts; `cause` "restart" is our own absence. */
  readonly gaps?: readonly { readonly from: Instant; readonly to?: Instant | undefined; readonly cause: string }[];
}

/** For the health panel of the configuration screen. */
export interface HealthDetails extends Health {
  readonly namespaces: readonly NamespaceHealth[];
  readonly serverNow: Instant;
  readonly version: string;
  readonly startedAt: Instant;
  readonly node: string;
  /** Of the Kubernetes API, such as `v1.34.2`; absent before it answered. */
  readonly kubernetes?: string;
  /** How long ago the slowest namespace was confirmed. */
  readonly watchLag?: Duration;
  readonly lastEventAt?: Instant;
  /** Server clock minus API server's clock, where known. */
  readonly clockSkew?: Duration;
  readonly queue: { readonly pending: number; readonly dead: number; readonly oldest?: Instant };
  readonly store: {
    readonly kind: string;
    readonly bytes?: number;
    readonly writable: boolean;
    readonly problem?: string;
  };
  readonly containers: number;
  readonly consumers: readonly { readonly name: string; readonly lastSeenAt: Instant; readonly lastSequence: number }[];
}

// ─── Stream ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * One event of GET stream: `id:` is `seq`, `event:` is `type`, `data:` is the object. A comment line every 15 s keeps
 * it open. `?since=SEQ` or `Last-Event-ID` goes on after that change; where that is too long ago (or from before a
 * restart of the server) the first event is `hello` with `resync: true` and the page fetches the state again.
 */
export type StreamEvent = Hello | Patch | HealthEvent | ConfigEvent;

/** Always the first event. */
export interface Hello {
  readonly type: "hello";
  readonly seq: number;
  readonly serverNow: Instant;
  readonly version: string;
  readonly resync: boolean;
}

/** At most four a second. Rows are whole and replace those of the same id. */
export interface Patch {
  readonly type: "patch";
  readonly seq: number;
  readonly serverNow: Instant;
  readonly rows: readonly Row[];
  readonly removed: readonly string[];
}

export interface HealthEvent {
  readonly type: "health";
  readonly seq: number;
  readonly serverNow: Instant;
  readonly health: Health;
}

/** The configuration was loaded again, or the caller's rights changed: these members of the state are new. */
export interface ConfigEvent
  extends Pick<State, "windowMs" | "threshold" | "bucketMs" | "can" | "selector" | "cli" | "confirmSilence"> {
  readonly type: "config";
  readonly seq: number;
  readonly serverNow: Instant;
  readonly consoleUrl?: string;
}

// ─── Details ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Everything of the drawer's overview. It answers for gone pods as long as their row or an alert of theirs is kept. */
export interface Details {
  readonly serverNow: Instant;
  readonly row: Row;
  /** Plain words: "Restarted 6 times in 60 min; told Slack at …". Without times of day: those are the page's to format. */
  readonly sentence: string;
  readonly timeline: Timeline;
  /** Who was told of what fires now, and when first, oldest first: receivers by name, and "the monitoring service". */
  readonly sent?: readonly { readonly receiver: string; readonly at: Instant }[];
  /** State of the container now, as last seen; of a row without one, that of the container that tells of it. */
  readonly current?: ContainerState;
  /** On the row of a workload: the pod that failed, and its container's row. */
  readonly failedPod?: { readonly id: string; readonly pod: string };
  readonly lastTerminated?: Termination;
  readonly podCreatedAt?: Instant;
  readonly podStartedAt?: Instant;
  readonly phase?: string;
  /** From the pod upwards: Pod, ReplicaSet, Deployment. */
  readonly owners: readonly { readonly kind: string; readonly name: string }[];
  readonly node?: string;
  readonly image?: string;
  /** Digest or id of the pulled image. */
  readonly imageID?: string;
  readonly limits?: { readonly cpu?: string; readonly memory?: string };
  readonly requests?: { readonly cpu?: string; readonly memory?: string };
  /**
   * When what is shown of the pod (limits, requests) or of its siblings was kept: when the alert fired. Absent when all
   * of it is as of now.
   */
  readonly keptAt?: Instant;
  /** What could not be found out when the alert fired, and why, in words. */
  readonly notes?: readonly string[];
  /**
   * Ids and states of the containers of the same name in the other pods of the workload. Of a pod that is gone they are
   * as they were at `keptAt`: Normal those that were ready or had done their work, and Warning the others.
   */
  readonly siblings: readonly {
    readonly id: string;
    readonly pod: string;
    readonly state: RowState;
    readonly restarts: number;
  }[];
  /** The pod's own `pod-watcher.io/` annotations; a wrong value has a problem and is not in force. */
  readonly overrides: readonly { readonly key: string; readonly value: string; readonly problem?: string }[];
  /** Each detector with what it saw and decided, the firing first. */
  readonly verdicts?: readonly { readonly detector: Alertname; readonly verdict: string; readonly firing: boolean }[];
}

export interface Timeline {
  readonly from: Instant;
  readonly to: Instant;
  readonly threshold: number;
  readonly restarts: readonly LastRestart[];
  readonly marks: readonly TimelineMark[];
}

export interface TimelineMark {
  readonly at: Instant;
  readonly kind: "alert" | "sent" | "ack" | "silence" | "resolved";
  readonly text: string;
}

export interface Events {
  /** Newest first. */
  readonly events: readonly EventView[];
  /** Why there may be none: forbidden, the API does not answer. */
  readonly reason?: string;
  /** Kubernetes has none left, and these were kept then. */
  readonly keptAt?: Instant;
}

export interface EventView {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstSeen?: Instant;
  readonly lastSeen?: Instant;
  /** `kubelet, worker-3`. */
  readonly source?: string;
}

export interface LogQuery {
  readonly previous: boolean;
  /** Default 200, at most 2,000. */
  readonly lines?: number;
}

/** Secrets are masked by the server. `of`: the row whose log it is, where the one asked for has no container. */
export type Log = (
  | {
      readonly available: true;
      readonly lines: readonly string[];
      readonly masked: number;
      /** Kubernetes does not give the log, and this end of it was kept then. */
      readonly keptAt?: Instant;
    }
  | {
      readonly available: false;
      readonly why: "not-kept" | "forbidden" | "never-started" | "unreachable";
      readonly reason: string;
    }
) & { readonly of?: string };

/** Newest first. */
export type HistoryEntry =
  | {
      readonly kind: "transition";
      readonly at: Instant;
      readonly alert: Alertname;
      readonly from: string;
      readonly to: string;
      readonly reason: string;
    }
  | {
      readonly kind: "restart";
      readonly at: Instant;
      readonly exitCode?: number;
      readonly reason?: string;
      readonly inferred?: true;
    }
  | {
      readonly kind: "delivery";
      readonly at: Instant;
      readonly receiver: string;
      readonly delivered: boolean;
      readonly attempts: number;
      readonly detail?: string;
      readonly reason: string;
    }
  | {
      readonly kind: "action";
      readonly at: Instant;
      /** ack-ended: without anybody's doing; `note` says why, `by` who had given it. */
      readonly action: "ack" | "ack-ended" | "unack" | "silence" | "silence-changed" | "silence-ended";
      readonly by: string;
      readonly note?: string;
    };

// ─── Acknowledge and silence ─────────────────────────────────────────────────────────────────────────────────────

export interface AckRequest {
  readonly ids: readonly string[];
  readonly note?: string;
  /** Default true. */
  readonly notifyOnWorsening?: boolean;
}

/** The rows as they are now; the stream brings them too. */
export interface AckAnswer {
  readonly rows: readonly Row[];
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

export type SilenceScope =
  | { readonly kind: "container"; readonly namespace: string; readonly pod: string; readonly container: string }
  | { readonly kind: "pod"; readonly namespace: string; readonly pod: string }
  /** `workload` is `Kind/name`; new pods are covered too. */
  | { readonly kind: "workload"; readonly namespace: string; readonly workload: string }
  | { readonly kind: "namespace"; readonly namespace: string }
  | { readonly kind: "everything" }
  /** Made through the API; the page shows and ends them, and does not make them. */
  | { readonly kind: "matchers"; readonly matchers: readonly Matcher[] };

export interface Matcher {
  readonly name: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

export interface SilencePreviewRequest {
  readonly scopes: readonly SilenceScope[];
}

export interface SilencePreview {
  /** Rows under it now, how many of them are not Normal, and at most 20 of those, the worst first. */
  readonly containers: number;
  readonly failing: number;
  readonly examples: readonly { readonly id: string; readonly state: RowState }[];
  /** Active silences with one of the same scopes. */
  readonly conflicts: readonly Silence[];
}

export interface SilenceRequest {
  readonly scope: SilenceScope;
  /** Default now. */
  readonly from?: Instant;
  readonly until: Instant;
  /** Not empty. */
  readonly reason: string;
  /** End it when all under it have been Normal for a whole window. */
  readonly endWhenNormal: boolean;
  readonly evenIfSilenced?: boolean;
}

export interface Silence {
  readonly id: string;
  readonly scope: SilenceScope;
  readonly state: "upcoming" | "active" | "expired";
  readonly from: Instant;
  readonly until: Instant;
  /** When it ended, if before `until`. */
  readonly endedAt?: Instant;
  readonly endedBecause?: string;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: Instant;
  readonly endWhenNormal: boolean;
  /** Rows under it now, and how many of them are not Normal. */
  readonly matches: number;
  readonly failing: number;
}

// ─── Activity ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ActivityQuery extends PageQuery {
  readonly kind?: "notification" | "action";
  readonly result?: NotificationEntry["result"];
  readonly receiver?: string;
  /** Substring of row id, receiver, user or detail. */
  readonly q?: string;
  readonly from?: Instant;
  readonly to?: Instant;
}

export type ActivityEntry = NotificationEntry | ActionEntry;

export interface NotificationEntry {
  readonly kind: "notification";
  readonly id: string;
  readonly at: Instant;
  readonly receiver: string;
  /** slack, webhook, email, or "pull" for a hand-over to a consumer. */
  readonly receiverKind: string;
  readonly status: "firing" | "resolved";
  /** Rows that it was about, the first few, and how many there were. */
  readonly about: readonly string[];
  readonly alerts: number;
  readonly result: "delivered" | "pending" | "failed" | "dead";
  readonly attempts: number;
  /** From the first attempt to the last answer. */
  readonly latency?: Duration;
  readonly detail?: string;
  /** Why it was sent: first notification, repeat interval… */
  readonly reason: string;
}

export interface ActionEntry {
  readonly kind: "action";
  readonly id: string;
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
  readonly about: readonly string[];
  readonly note?: string;
}

export interface ReceiverView {
  readonly name: string;
  readonly kind: string;
  readonly state: "ok" | "failing" | "unused";
  readonly lastDeliveredAt?: Instant;
  readonly pending: number;
  readonly problem?: string;
}

export interface TestResult {
  readonly delivered: boolean;
  readonly latency: Duration;
  readonly detail?: string;
}

// ─── Configuration ───────────────────────────────────────────────────────────────────────────────────────────────

export interface ConfigView {
  readonly groups: readonly ConfigGroup[];
  /** Redacted, ready to copy. */
  readonly yaml: string;
  readonly file?: string;
  /** The last attempt to load it; when it failed the old configuration is in force. */
  readonly loaded: { readonly at: Instant; readonly ok: boolean; readonly problems?: readonly string[] };
  /** Values that differ in a namespace or workload. */
  readonly overrides: readonly {
    readonly where: string;
    readonly key: string;
    readonly value: string;
    readonly problem?: string;
  }[];
}

export interface ConfigGroup {
  readonly id: "watch" | "thresholds" | "notifications" | "storage" | "access" | "server";
  readonly title: string;
  readonly entries: readonly ConfigEntry[];
}

export interface ConfigEntry {
  /** Path in the file, such as `restarts.threshold`. */
  readonly key: string;
  /** Absent for secrets. URLs have their path and query masked. */
  readonly value?: string;
  readonly secret?: {
    readonly state: "set" | "not set" | "set but empty";
    readonly name?: string;
    readonly key?: string;
  };
  readonly source: { readonly kind: "default" | "file" | "environment" | "secret"; readonly detail?: string };
  readonly problem?: string;
  /** What it will be at the next start: the file says so, and the running program cannot take it. */
  readonly nextStart?: string;
  readonly description: string;
  readonly default?: string;
}
