import type { Alert } from "../core/model/alert.ts";
import type { Instant } from "../core/model/time.ts";
import type { Labels } from "../core/notify/matcher.ts";
import type { GroupState } from "../core/notify/notification.ts";
import { type Destination, type Group, groupOf, routingLabels } from "../core/notify/route.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { OutboxStore } from "../ports/notifications.ts";
import type { AlertStore } from "../ports/store.ts";

/** The alerts of one group for one receiver, and the last decision about it. */
export interface AlertGroup {
  readonly group: Group;
  readonly destination: Destination;
  /** Fingerprints. */
  readonly members: Set<string>;
  /** The notified alerts, as committed. */
  groupState: GroupState | undefined;
  /** When to decide again, unless something changes before. */
  nextAt: Instant | undefined;
  reason: string;
}

export interface AlertGroupsOptions {
  readonly state: Pick<LiveState, "alert">;
  readonly store: Pick<AlertStore, "alerts"> & { readonly outbox: Pick<OutboxStore, "groups" | "enqueue"> };
  readonly route: (labels: Labels) => readonly Destination[];
}

/** The groups of the dispatcher, and which of them need a decision. */
export class AlertGroups {
  readonly #options: AlertGroupsOptions;
  readonly #groups = new Map<string, AlertGroup>();
  readonly #pending = new Set<string>();
  /** Stored states of groups without an alert so far, by key. */
  readonly #orphans = new Map<string, GroupState>();

  constructor(options: AlertGroupsOptions) {
    this.#options = options;
  }

  /** Groups that need a decision now. */
  get pending(): ReadonlySet<string> {
    return this.#pending;
  }

  get(key: string): AlertGroup | undefined {
    return this.#groups.get(key);
  }

  remove(key: string): void {
    this.#groups.delete(key);
  }

  /** Loads what the receivers were notified of. Groups are created from it as alerts are added. */
  async load(): Promise<void> {
    for (const groupState of await this.#options.store.outbox.groups()) this.#orphans.set(groupState.key, groupState);
  }

  /** Adds an alert to its groups, and marks them for a decision. */
  add(alert: Alert): void {
    const labels = routingLabels(alert);
    for (const destination of this.#options.route(labels)) {
      const group = groupOf(destination, alert);
      const existing = this.#groups.get(group.key);
      const groupState = existing?.groupState ?? this.#orphans.get(group.key);
      // An alert that does not fire matters only if the receiver was notified of it.
      if (alert.state.name !== "firing" && groupState?.notified[alert.fingerprint] === undefined) continue;
      (existing ?? this.#create(group, destination)).members.add(alert.fingerprint);
      this.#pending.add(group.key);
    }
  }

  #create(group: Group, destination: Destination): AlertGroup {
    const groupState = this.#orphans.get(group.key);
    this.#orphans.delete(group.key);
    const members = new Set(Object.keys(groupState?.notified ?? {}));
    const created: AlertGroup = { group, destination, members, groupState, nextAt: undefined, reason: "" };
    this.#groups.set(group.key, created);
    return created;
  }

  /**
   * Creates the groups without a current alert: the alerts of their last notification lead to their routes. Groups whose
   * route no longer exists are deleted, because no receiver is left.
   */
  async adoptOrphans(): Promise<void> {
    for (const groupState of [...this.#orphans.values()]) {
      const alerts = await Promise.all(
        Object.keys(groupState.notified).map((fingerprint) => this.#lastFired(fingerprint)),
      );
      for (const alert of alerts) if (alert !== undefined) this.add(alert);
    }
    if (this.#orphans.size === 0) return;
    const groups = new Map([...this.#orphans.keys()].map((key) => [key, undefined]));
    await this.#options.store.outbox.enqueue({ notifications: [], groups });
    this.#orphans.clear();
  }

  markAll(): void {
    for (const key of this.#groups.keys()) this.#pending.add(key);
  }

  markDue(now: Instant): void {
    for (const [key, { nextAt }] of this.#groups) if (nextAt !== undefined && nextAt <= now) this.#pending.add(key);
  }

  mark(keys: Iterable<string>): void {
    for (const key of keys) this.#pending.add(key);
  }

  unmark(keys: Iterable<string>): void {
    for (const key of keys) this.#pending.delete(key);
  }

  /** When the next decision is due; undefined if none is. */
  nextAt(): Instant | undefined {
    let next: Instant | undefined;
    for (const { nextAt } of this.#groups.values()) {
      if (nextAt !== undefined && (next === undefined || nextAt < next)) next = nextAt;
    }
    return next;
  }

  /** Reads what is committed, after a failed commit of which it is unknown whether it succeeded. */
  async reload(): Promise<void> {
    const groupStates = new Map(
      (await this.#options.store.outbox.groups()).map((groupState) => [groupState.key, groupState]),
    );
    for (const [key, group] of this.#groups) group.groupState = groupStates.get(key);
  }

  /** The alerts of a group that its decision depends on. Alerts that no longer matter are removed from the group. */
  async alertsOf({ members, groupState }: AlertGroup): Promise<readonly Alert[]> {
    const alerts: Alert[] = [];
    for (const fingerprint of members) {
      const isNotified = groupState?.notified[fingerprint] !== undefined;
      const alert = isNotified ? await this.#lastFired(fingerprint) : this.#options.state.alert(fingerprint);
      if (alert === undefined || (!isNotified && alert.state.name === "resolved")) members.delete(fingerprint);
      else if (alert.state.name !== "pending") alerts.push(alert);
    }
    return alerts;
  }

  /** The newest episode that has fired. */
  async #lastFired(fingerprint: string): Promise<Alert | undefined> {
    const current = this.#options.state.alert(fingerprint);
    if (current !== undefined && current.state.name !== "pending") return current;
    const [alert] = await this.#options.store.alerts({ fingerprint, states: ["firing", "resolved"], limit: 1 });
    return alert;
  }
}
