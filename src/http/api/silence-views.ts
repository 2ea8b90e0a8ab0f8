import {
  isSharedScope,
  type Silence as KnownSilence,
  type SilenceScope,
  scopeKey,
  scopeNamespace,
  silenceState,
} from "../../core/notify/silence.ts";
import { isGone } from "../../core/view/row.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SilenceAccess } from "../../ports/silences.ts";
import type { Caller } from "../base/caller.ts";
import type { StatusRowCache } from "../rows/status-row-cache.ts";
import { type Silence, writeRepeat } from "../schemas/silences.ts";
import { coveredRows, indexed, type RowIndex } from "./silence-matches.ts";

export interface SilenceViewsDeps {
  readonly silences: SilenceAccess;
  readonly rows: StatusRowCache;
  readonly clock: Clock;
}

/** Silences as a caller sees them. */
export function createSilenceViews({ silences, rows: rowCache, clock }: SilenceViewsDeps) {
  return { visibleRows, conflictsOf, views, view };

  async function visibleRows(caller: Caller): Promise<RowIndex> {
    const { rows } = await rowCache.read();
    return indexed([...rows.values()].filter((row) => caller.sees(row.namespace) && !isGone(row)));
  }

  async function conflictsOf(scopes: readonly SilenceScope[], caller: Caller): Promise<readonly Silence[]> {
    const now = clock.now();
    const asked = new Set(scopes.map(scopeKey));
    const same = silences
      .list()
      .filter((one) => silenceState(one, now) !== "expired" && asked.has(scopeKey(one.scope)))
      .filter((one) => seesScope(caller, one.scope));
    if (same.length === 0) return [];
    return views(same, await visibleRows(caller));
  }

  async function views(some: readonly KnownSilence[], rows: RowIndex): Promise<readonly Silence[]> {
    const viewed: Silence[] = [];
    for (const one of some) viewed.push(await view(one, rows));
    return viewed;
  }

  async function view(known: KnownSilence, rows: RowIndex): Promise<Silence> {
    const { repeat, ...silence } = known;
    const state = silenceState(known, clock.now());
    const covered = state === "expired" ? [] : await coveredRows([silence.scope], rows, clock);
    return {
      ...silence,
      ...(repeat === undefined ? {} : { repeat: writeRepeat(repeat) }),
      state,
      matches: covered.length,
      failing: covered.filter((row) => row.state !== "Normal").length,
    };
  }
}

export type SilenceViews = ReturnType<typeof createSilenceViews>;

export function seesScope(caller: Caller, scope: SilenceScope): boolean {
  const namespace = scopeNamespace(scope);
  return namespace === undefined ? isSharedScope(scope) || caller.seesAll : caller.sees(namespace);
}
