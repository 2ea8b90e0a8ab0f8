import { DAY, type Duration } from "../../core/model/time.ts";
import {
  type Silence as KnownSilence,
  type SilenceScope,
  scopeKey,
  scopeNamespace,
  silenceState,
} from "../../core/notify/silence.ts";
import type { AccessEvents } from "../../telemetry/access-events.ts";
import { type Caller, callerName } from "../base/caller.ts";
import { HttpProblem, notFound, readOnly } from "../base/problem.ts";
import { type PutBody, readRepeat } from "../schemas/silences.ts";
import { type SilenceViews, type SilenceViewsDeps, seesScope } from "./silence-views.ts";

export interface SilencesDeps extends SilenceViewsDeps {
  /** Writes the security log; the log of actions is written with the silence. */
  readonly changed: AccessEvents["changed"];
}

/** A longer silence would in effect disable a detector. */
const MAX_DURATION = 366 * DAY;

export function requireDuration(duration: Duration): void {
  if (duration <= MAX_DURATION) return;
  throw new HttpProblem(400, "A silence lasts a year at most. To suppress an alert for good, disable its detector.");
}

/** Creates and changes silences, and records who did. */
export function createSilenceWriter(
  { silences, rows: rowCache, clock, changed }: SilencesDeps,
  { conflictsOf }: SilenceViews,
) {
  return { create, change, changeable, end };

  async function create(id: string, body: PutBody, caller: Caller, author?: string): Promise<KnownSilence> {
    const { scope, from, until, reason, endWhenNormal, repeat, evenIfSilenced } = body;
    const conflicts = evenIfSilenced ? [] : await conflictsOf([scope], caller);
    if (conflicts.length > 0) {
      throw new HttpProblem(409, "An active silence has the same scope: extend it, or set evenIfSilenced.", {
        conflicts,
      });
    }
    const by = callerName(caller, author);
    const times = {
      until,
      ...(from === undefined ? {} : { from }),
      ...(repeat === undefined ? {} : { repeat: readRepeat(repeat) }),
    };
    const request = { id, scope, ...times, reason, endWhenNormal, by };
    const silence = await silences.create(request).catch(refuse);
    changed({ by, action: "silence", about: [id] });
    rowCache.everythingChanged("rows");
    return silence;
  }

  async function change(known: KnownSilence, body: PutBody, caller: Caller): Promise<KnownSilence> {
    const { id, scope } = known;
    if (scopeKey(scope) !== scopeKey(body.scope)) {
      throw new HttpProblem(
        409,
        `Another silence has the id ${id}, and the scope of a silence cannot change: choose another id.`,
      );
    }
    const { until, reason, endWhenNormal } = body;
    if (known.until === until && known.reason === reason && known.endWhenNormal === endWhenNormal) return known;
    if (silenceState(known, clock.now()) === "expired") {
      throw new HttpProblem(409, "This silence has expired: create a new one.");
    }
    const by = callerName(caller);
    const silence = await silences.change(id, { until, reason, endWhenNormal }, by).catch(refuse);
    if (silence === undefined) throw notFound(`Silence ${id}`);
    changed({ by, action: "silence-changed", about: [id] });
    rowCache.everythingChanged("rows");
    return silence;
  }

  async function end(id: string, caller: Caller): Promise<KnownSilence> {
    const known = await changeable(id, caller);
    const by = callerName(caller);
    const ended = await silences.end(known.id, by);
    if (ended === undefined) throw notFound(`Silence ${known.id}`);
    changed({ by, action: "silence-ended", about: [known.id] });
    rowCache.everythingChanged("rows");
    return ended;
  }

  async function changeable(id: string, caller: Caller): Promise<KnownSilence> {
    const known = silences.find(id);
    if (known === undefined || !seesScope(caller, known.scope)) throw notFound(`Silence ${id}`);
    await requireWrite(caller, known.scope);
    return known;
  }
}

export async function requireWrite(caller: Caller, scope: SilenceScope): Promise<void> {
  const namespace = scopeNamespace(scope);
  if (namespace === undefined) {
    if (await caller.mayWriteEverywhere()) return;
    throw new HttpProblem(403, "This silence may match several namespaces and needs write access to all of them.");
  }
  if (!caller.sees(namespace)) throw notFound(`Namespace ${namespace}`);
  if (!(await caller.mayWrite(namespace))) throw readOnly(namespace);
}

/** Invalid requests reject with a RangeError. */
function refuse(error: unknown): never {
  if (error instanceof RangeError) throw new HttpProblem(400, error.message);
  throw error;
}
