import { z } from "zod";
import { list, time } from "./fields.ts";
import { health } from "./health.ts";
import { incident, incidentCounts } from "./incidents.ts";
import { row, settings } from "./state.ts";

const event = { seq: z.int(), serverNow: time };

const hello = z.object({ type: z.literal("hello"), ...event, version: z.string(), resync: z.boolean() });
export type Hello = z.output<typeof hello>;

const patch = z.object({ type: z.literal("patch"), ...event, rows: list(row), removed: list(z.string()) });
export type Patch = z.output<typeof patch>;

const healthEvent = z.object({ type: z.literal("health"), ...event, health });
export type HealthEvent = z.output<typeof healthEvent>;

const incidentsEvent = z.object({
  type: z.literal("incidents"),
  ...event,
  generation: z.int().meta({ description: "Compare it with that of the list: an older event is already in the list." }),
  changed: list(incident).meta({ description: "At most 100." }),
  removed: list(z.string()),
  isPartial: z
    .literal(true)
    .exactOptional()
    .meta({ description: "Others may have changed too, such as when notifications were sent: fetch the list again." }),
  counts: incidentCounts,
});
export type IncidentsEvent = z.output<typeof incidentsEvent>;

const configEvent = settings.extend({ type: z.literal("config"), ...event });
export type ConfigEvent = z.output<typeof configEvent>;

/** `data` of one server-sent event of GET /api/v1/stream; `event` is its `type`, `id` its `seq`. */
export const streamEvent = z
  .discriminatedUnion("type", [hello, patch, healthEvent, incidentsEvent, configEvent])
  .meta({ id: "StreamEvent" });
export type StreamEvent = z.output<typeof streamEvent>;
