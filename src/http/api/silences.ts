import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { compareStates } from "../../core/model/row-state.ts";
import { DAY, type Duration, SECOND } from "../../core/model/time.ts";
import {
  type Silence as KnownSilence,
  type SilenceScope,
  scopeKey,
  scopeNamespace,
  silenceState,
} from "../../core/notify/silence.ts";
import type { AccessEvents } from "../../telemetry/access-events.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerName, callerOf } from "../base/caller.ts";
import { HttpProblem, notFound, readOnly } from "../base/problem.ts";
import { answers } from "../schemas/fields.ts";
import {
  previewRequest,
  readRepeat,
  type SilencePreview,
  silenceConflict,
  silenceId,
  silencePreview,
  silenceRequest,
  silence as silenceSchema,
  silences as silencesResponse,
} from "../schemas/silences.ts";
import { coveredRows } from "./silence-matches.ts";
import { createSilenceViews, type SilenceViewsDeps, seesScope } from "./silence-views.ts";

export interface SilencesDeps extends SilenceViewsDeps {
  /** Writes the security log; the log of actions is written with the silence. */
  readonly changed: AccessEvents["changed"];
}

/** A longer silence would in effect disable a detector. */
const MAX_DURATION = 366 * DAY;
const MAX_EXAMPLES = 20;
/** The preview is repeated while its dialog is open. */
const PREVIEW_BUDGET: Duration = SECOND;

const conflictResponse = {
  description: "An active silence has the same scope, or the id belongs to another scope.",
  content: { "application/problem+json": { schema: silenceConflict } },
};

type SilenceViews = ReturnType<typeof createSilenceViews>;
type PutBody = z.output<typeof silenceRequest>;

/** /api/v1/silences. A silence suppresses notifications; alerts still fire. */
export function silencesApi(deps: SilencesDeps) {
  const { silences, rows: rowCache, clock, changed } = deps;
  const views = createSilenceViews(deps);
  const writer = createSilenceWriter(deps, views);

  return function silenceRoutes(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["silences"];

    app.get(
      "/silences",
      {
        schema: {
          summary: "List silences, including expired ones",
          tags,
          response: answers(silencesResponse),
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const rows = await views.visibleRows(caller);
        const seen = silences.list().filter((one) => seesScope(caller, one.scope));
        return { silences: await views.views(seen, rows) };
      },
    );

    app.post(
      "/silences/preview",
      {
        schema: {
          summary: "Count what a silence would match now",
          description: "Changes nothing. Needs the permission that creating the silence needs.",
          tags,
          body: previewRequest,
          response: answers(silencePreview),
        },
      },
      async (request) => {
        const { scopes } = request.body;
        const caller = callerOf(request);
        for (const scope of scopes) await requireWrite(caller, scope);
        const covered = await coveredRows(scopes, await views.visibleRows(caller), clock, PREVIEW_BUDGET);
        const failing = covered
          .filter(({ state }) => state !== "Normal")
          .sort((a, b) => compareStates(a.state, b.state));
        const preview: SilencePreview = {
          containers: covered.length,
          failing: failing.length,
          examples: failing.slice(0, MAX_EXAMPLES).map(({ id, state }) => ({ id, state })),
          conflicts: await views.conflictsOf(scopes, caller),
        };
        return preview;
      },
    );

    app.put(
      "/silences/:id",
      {
        schema: {
          summary: "Create or change a silence",
          description:
            "Idempotent: the client chooses the id. The scope of a silence never changes: end it, and create another.",
          tags,
          params: z.object({ id: silenceId }),
          body: silenceRequest,
          response: { ...answers(silenceSchema), 409: conflictResponse },
        },
      },
      async (request) => {
        const { id } = request.params;
        const { scope, until, from } = request.body;
        const caller = callerOf(request);
        await requireWrite(caller, scope);
        if (until - (from ?? clock.now()) > MAX_DURATION) {
          throw new HttpProblem(
            400,
            "A silence lasts a year at most. To suppress an alert for good, disable its detector.",
          );
        }
        const known = silences.find(id);
        const silence =
          known === undefined
            ? await writer.create(id, request.body, caller)
            : await writer.change(known, request.body, caller);
        return views.view(silence, await views.visibleRows(caller));
      },
    );

    app.delete(
      "/silences/:id",
      {
        schema: {
          summary: "End a silence now",
          description: "It stays in the list as expired.",
          tags,
          params: z.object({ id: z.string().max(100) }),
          response: answers(silenceSchema),
        },
      },
      async (request) => {
        const known = await writer.changeable(request, request.params.id);
        const caller = callerOf(request);
        const ended = await silences.end(known.id, callerName(caller));
        if (ended === undefined) throw notFound(`Silence ${known.id}`);
        changed({ by: callerName(caller), action: "silence-ended", about: [known.id] });
        rowCache.everythingChanged("rows");
        return views.view(ended, await views.visibleRows(caller));
      },
    );
  };
}

/** Creates and changes silences, and records who did. */
function createSilenceWriter(
  { silences, rows: rowCache, clock, changed }: SilencesDeps,
  { conflictsOf }: SilenceViews,
) {
  return { create, change, changeable };

  async function create(id: string, body: PutBody, caller: Caller): Promise<KnownSilence> {
    const { scope, from, until, reason, endWhenNormal, repeat, evenIfSilenced } = body;
    const conflicts = evenIfSilenced ? [] : await conflictsOf([scope], caller);
    if (conflicts.length > 0) {
      throw new HttpProblem(409, "An active silence has the same scope: extend it, or set evenIfSilenced.", {
        conflicts,
      });
    }
    const by = callerName(caller);
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

  async function changeable(request: FastifyRequest, id: string): Promise<KnownSilence> {
    const known = silences.find(id);
    const caller = callerOf(request);
    if (known === undefined || !seesScope(caller, known.scope)) throw notFound(`Silence ${id}`);
    await requireWrite(caller, known.scope);
    return known;
  }
}

async function requireWrite(caller: Caller, scope: SilenceScope): Promise<void> {
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
