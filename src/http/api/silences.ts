import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { compareStates } from "../../core/model/row-state.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { callerOf } from "../base/caller.ts";
import { answers } from "../schemas/fields.ts";
import {
  previewRequest,
  type SilencePreview,
  silenceConflict,
  silenceId,
  silencePreview,
  silenceRequest,
  silence as silenceSchema,
  silences as silencesResponse,
} from "../schemas/silences.ts";
import { coveredRows } from "./silence-matches.ts";
import { createSilenceViews, seesScope } from "./silence-views.ts";
import { createSilenceWriter, requireDuration, requireWrite, type SilencesDeps } from "./silence-writer.ts";

const MAX_EXAMPLES = 20;
/** The preview is repeated while its dialog is open. */
const PREVIEW_BUDGET: Duration = SECOND;

const conflictResponse = {
  description: "An active silence has the same scope, or the id belongs to another scope.",
  content: { "application/problem+json": { schema: silenceConflict } },
};

/** /api/v1/silences. A silence suppresses notifications; alerts still fire. */
export function silencesApi(deps: SilencesDeps) {
  const { silences, clock } = deps;
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
        requireDuration(until - (from ?? clock.now()));
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
        const caller = callerOf(request);
        const ended = await writer.end(request.params.id, caller);
        return views.view(ended, await views.visibleRows(caller));
      },
    );
  };
}
