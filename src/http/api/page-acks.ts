import type { FastifyInstance, FastifyRequest } from "fastify";
import type { FastifyZodOpenApiTypeProvider } from "fastify-zod-openapi";
import { z } from "zod";
import type { Acknowledgement } from "../../core/model/alert.ts";
import type { ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { AlertStore } from "../../ports/store.ts";
import type { AckAnswer, Row } from "../base/api-types.ts";
import { callerOf } from "../base/caller.ts";
import { answers } from "../base/field-schemas.ts";
import type { StatusRowCache } from "../rows/row-book.ts";
import { parseRowId } from "../rows/row-id.ts";

export interface PageAcksDeps {
  readonly book: StatusRowCache;
  readonly store: Pick<AlertStore, "acknowledge">;
  readonly clock: Clock;
  readonly log: ActionStore["log"];
}

const ids = z.array(z.string().max(600)).min(1).max(1000);
const ackBody = z.strictObject({
  ids,
  note: z.string().max(2000).optional(),
  notifyOnWorsening: z.boolean().default(true),
});
const loose = z.looseObject({});

/** What the page's Acknowledge does: every open alert of the rows at once. */
export function pageAcksApi({ book, store, clock, log }: PageAcksDeps) {
  return function pageAcks(plain: FastifyInstance): void {
    const app = plain.withTypeProvider<FastifyZodOpenApiTypeProvider>();
    const tags = ["page"];

    app.post(
      "/ack",
      { schema: { summary: "Take every open alert of these rows", tags, body: ackBody, response: answers(loose) } },
      async (request) => {
        const { ids, note, notifyOnWorsening } = request.body;
        const acknowledgement = {
          by: callerOf(request).user ?? "anonymous",
          at: clock.now(),
          note: note ?? "",
          notifyOnWorsening: notifyOnWorsening,
        };
        return { ...(await change(request, ids, acknowledgement)) };
      },
    );

    app.post(
      "/unack",
      { schema: { summary: "Give them back", tags, body: z.strictObject({ ids }), response: answers(loose) } },
      async (request) => ({ ...(await change(request, request.body.ids, undefined)) }),
    );
  };

  async function change(
    request: FastifyRequest,
    ids: readonly string[],
    acknowledgement: Acknowledgement | undefined,
  ): Promise<AckAnswer> {
    const caller = callerOf(request);
    const rows: Row[] = [];
    const about: string[] = [];
    const skipped: AckAnswer["skipped"][number][] = [];
    for (const id of new Set(ids)) {
      const place = parseRowId(id);
      if (place === undefined || !caller.sees(place.namespace)) {
        skipped.push({ id, reason: "It does not exist any more, or you may not see it." });
        continue;
      }
      if (!(await caller.mayAct(place.namespace))) {
        skipped.push({ id, reason: `Your role may only view ${place.namespace}.` });
        continue;
      }
      const before = (await book.group(place)).find((row) => row.id === id);
      const changed = await Promise.all(
        (before?.alerts ?? []).map(({ fingerprint }) => store.acknowledge(fingerprint, acknowledgement)),
      );
      if (changed.every((alert) => alert === undefined)) {
        skipped.push({ id, reason: before === undefined ? "It is gone." : "Nothing is firing there any more." });
        continue;
      }
      about.push(id, ...changed.filter((alert) => alert !== undefined).map(({ fingerprint }) => fingerprint));
      const after = (await book.group(place)).find((row) => row.id === id);
      if (after !== undefined) rows.push(after);
    }
    if (about.length > 0) {
      const action = acknowledgement === undefined ? "unack" : "ack";
      const note = acknowledgement?.note ? { note: acknowledgement.note } : {};
      await log({ at: clock.now(), by: caller.user ?? "anonymous", action, about, ...note });
    }
    return { rows, skipped };
  }
}
