import type { z } from "zod";
import { ALERTNAMES, type Alertname } from "../core/model/alert.ts";
import { formatDuration } from "../core/model/duration.ts";
import type { Policy } from "../core/model/policy.ts";
import { DAY, type Duration, MINUTE, SECOND } from "../core/model/time.ts";
import { boolean, duration, integer, type SettingMeta, section, setting, settings } from "./schema-types.ts";
import { readAmountOf } from "./variable-text.ts";

const META: SettingMeta = { group: "thresholds", reload: "immediate", visibility: "everyone" };

/** When alerts fire. Without `defaults`, as in the overrides of a namespace, a rule that is not given is undefined. */
export function rules(defaults?: Policy) {
  const span = (value: Duration | undefined) => (value === undefined ? undefined : formatDuration(value));
  return {
    restarts: settings(META, {
      threshold: setting(
        "Number of restarts of one container within the timeframe that fires PodRestartingTooOften.",
        { env: "RESTART_THRESHOLD" },
        withDefault(integer({ min: 1, max: 500, example: 5 }), defaults?.restartThreshold),
      ),
      timeframe: setting(
        "Time window in which restarts are counted.",
        {
          env: {
            name: "RESTART_TIMEFRAME",
            read: readAmountOf("m"),
            expected: "a number of minutes from 1 to 10080, such as 240",
          },
        },
        withDefault(duration({ min: MINUTE, max: 7 * DAY, example: "240m" }), span(defaults?.restartTimeframe)),
      ),
    }).prefault({}),
    crash_loop_stable_after: setting(
      "How long a container must run without interruption to end its crash loop.",
      META,
      withDefault(duration({ min: 10 * SECOND, max: DAY, example: "10m" }), span(defaults?.crashLoopStableAfter)),
    ),
    churn: settings(META, {
      threshold: withDefault(integer({ min: 2, max: 500, example: 10 }), defaults?.churnThreshold).describe(
        "Number of successive replacements of one pod within the window that fires WorkloadChurning.",
      ),
      window: withDefault(duration({ min: MINUTE, max: DAY, example: "30m" }), span(defaults?.churnWindow)).describe(
        "Time window in which the replacements of a pod are counted.",
      ),
    }).prefault({}),
    ephemeral_containers: setting(
      "Whether ephemeral (debug) containers are monitored.",
      META,
      withDefault(boolean(), defaults?.includeEphemeralContainers),
    ),
    detectors: settings(META, detectors(defaults)).prefault({}),
  };
}

function detectors(defaults: Policy | undefined) {
  const shape = Object.fromEntries(ALERTNAMES.map((name) => [name, detector(defaults?.detectors[name])]));
  return shape as Record<Alertname, ReturnType<typeof detector>>;
}

function detector(defaults: Policy["detectors"][Alertname] | undefined) {
  const span = { max: 7 * DAY };
  return section({
    enabled: withDefault(boolean(), defaults?.enabled).describe("Whether this alert can fire."),
    for: withDefault(duration({ ...span, example: "15m" }), defaults && formatDuration(defaults.for)).describe(
      "How long the finding must last before the alert fires.",
    ),
    keep_firing_for: withDefault(
      duration({ ...span, example: "5m" }),
      defaults && formatDuration(defaults.keepFiringFor),
    ).describe("How long the alert keeps firing after its finding was last seen."),
  }).prefault({});
}

function withDefault<Schema extends z.ZodType>(schema: Schema, value: z.input<Schema> | undefined) {
  // Zod types the default as an input without undefined, which it cannot conclude from the check.
  return (value === undefined ? schema.optional() : schema.prefault(value as never)) as z.ZodOptional<Schema>;
}

export type RulesShape = z.output<z.ZodObject<ReturnType<typeof rules>>>;
