import type { AlertLabels } from "../core/model/alert.ts";
import type { Instant } from "../core/model/time.ts";
import { compileScope, type Silence, type SilenceScope, silenceState } from "../core/notify/silence.ts";

/** Expired silences that stay listed; the store has older ones as well. */
const MAX_EXPIRED = 2_000;

export interface ListedSilence {
  readonly silence: Silence;
  readonly matches: (labels: AlertLabels) => boolean;
}

/** Compiled silences in memory, for lookups without the store. */
export class SilenceList {
  readonly #silences = new Map<string, ListedSilence>();

  /** Throws if a matcher is invalid. */
  static compile(silence: Silence): ListedSilence {
    return { silence, matches: compileScope(silence.scope) };
  }

  set(listed: ListedSilence, now: Instant): void {
    this.#silences.set(listed.silence.id, listed);
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

  /** The active silence that matches these labels; of several, the one that ends last. */
  matching(labels: AlertLabels, now: Instant): Silence | undefined {
    let longest: Silence | undefined;
    for (const { silence, matches } of this.#silences.values()) {
      if (silenceState(silence, now) !== "active" || !matches(labels)) continue;
      if (longest === undefined || silence.until > longest.until) longest = silence;
    }
    return longest;
  }

  #dropExpired(now: Instant): void {
    const expired = this.newestFirst().filter((silence) => silenceState(silence, now) === "expired");
    for (const { id } of expired.slice(MAX_EXPIRED)) this.#silences.delete(id);
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
