import type { AlertLabels } from "../core/model/alert.ts";
import type { Instant } from "../core/model/time.ts";
import {
  activeUntil,
  compileScope,
  type Silence,
  type SilenceScope,
  scopeSize,
  silenceState,
} from "../core/notify/silence.ts";

/** Expired silences that stay listed; the store has older ones as well. */
const MAX_EXPIRED = 2_000;
/** Alerts and rows whose silences are remembered. */
const MAX_REMEMBERED = 50_000;

export interface ListedSilence {
  readonly silence: Silence;
  readonly matches: (labels: AlertLabels) => boolean;
  /** The instructions of its patterns. */
  readonly size: number;
}

/** The silences that match some labels, of the first `compared` in the order of their creation. */
interface Remembered {
  compared: number;
  readonly matching: string[];
}

/** Compiled silences in memory, for lookups without the store. */
export class SilenceList {
  readonly #silences = new Map<string, ListedSilence>();
  /** Ids in the order in which they were added. The scope of a silence never changes, so each is compared once. */
  #order: string[] = [];
  readonly #remembered = new Map<string, Remembered>();
  /** When the current hours of recurring silences end: the search takes milliseconds. */
  readonly #pausesAt = new Map<string, Instant>();

  /** Throws if a matcher is invalid. */
  static compile(silence: Silence): ListedSilence {
    return { silence, matches: compileScope(silence.scope), size: scopeSize(silence.scope) };
  }

  set(listed: ListedSilence, now: Instant): void {
    const { id } = listed.silence;
    if (!this.#silences.has(id)) this.#order.push(id);
    this.#silences.set(id, listed);
    this.#pausesAt.delete(id);
    this.#dropExpired(now);
  }

  find(id: string): Silence | undefined {
    return this.#silences.get(id)?.silence;
  }

  values(): Iterable<ListedSilence> {
    return this.#silences.values();
  }

  newestFirst(): readonly Silence[] {
    return [...this.#silences.values()].map(({ silence }) => silence).sort((a, b) => b.createdAt - a.createdAt);
  }

  /** The active silence that matches these labels; of several, the one that ends last, with the end of its hours. */
  matching(labels: AlertLabels, now: Instant): Silence | undefined {
    let longest: Silence | undefined;
    for (const id of this.matchingIds(labels, now)) {
      const silence = this.find(id);
      if (silence === undefined || silenceState(silence, now) !== "active") continue;
      const until = this.#pauseOf(silence, now);
      if (longest === undefined || until > longest.until)
        longest = until === silence.until ? silence : { ...silence, until };
    }
    return longest;
  }

  #pauseOf(silence: Silence, now: Instant): Instant {
    if (silence.repeat === undefined) return silence.until;
    const known = this.#pausesAt.get(silence.id);
    if (known !== undefined && known > now) return known;
    const until = activeUntil(silence, now);
    this.#pausesAt.set(silence.id, until);
    return until;
  }

  /** Ids of silences whose matchers match; some may have expired. Patterns are compared with the same labels once. */
  matchingIds(labels: AlertLabels, now: Instant): readonly string[] {
    if (this.#order.length === 0) return [];
    const key = JSON.stringify(labels);
    const remembered = this.#remembered.get(key) ?? { compared: 0, matching: [] };
    for (; remembered.compared < this.#order.length; remembered.compared++) {
      const listed = this.#silences.get(this.#order[remembered.compared]!);
      if (listed === undefined || silenceState(listed.silence, now) === "expired") continue;
      if (listed.matches(labels)) remembered.matching.push(listed.silence.id);
    }
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, remembered);
    return remembered.matching;
  }

  #dropExpired(now: Instant): void {
    const expired = this.newestFirst().filter((silence) => silenceState(silence, now) === "expired");
    for (const { id } of expired.slice(MAX_EXPIRED)) {
      this.#silences.delete(id);
      this.#pausesAt.delete(id);
    }
    if (this.#order.length <= 2 * this.#silences.size + MAX_EXPIRED) return;
    this.#order = [...this.#silences.keys()];
    this.#remembered.clear();
  }
}

/** The ids of containers, pods and others under which the activity log shows a silence. */
export function subjectsOf(scope: SilenceScope): readonly string[] {
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
