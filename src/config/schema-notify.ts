import { z } from "zod";
import { DAY, MINUTE, SECOND } from "../core/model/time.ts";
import { compileMatchers, type Matcher, parseMatcher } from "../core/notify/matcher.ts";
import { type QuietHours, WEEKDAYS } from "../core/notify/quiet-hours.ts";
import { errorMessage } from "../util/error-message.ts";
import { closestMatch } from "./closest-match.ts";
import {
  boolean,
  choice,
  duration,
  integer,
  list,
  type SettingMeta,
  secretText,
  section,
  setting,
  settings,
  text,
  timeZone,
  wrong,
} from "./schema-types.ts";

/** The part of the file about notifications: receivers and routes. */

const name = () =>
  z
    .string(wrong("the name of a receiver, such as on-call"))
    .regex(
      /^[\w.-]{1,63}$/,
      wrong("the name of a receiver: at most 63 letters, digits, '.', '_' and '-', such as on-call"),
    );

/** A secret is read from the file that `…_file` names or from the variable that `…_env` names. */
function secret<const Name extends string>(name: Name, description: string) {
  return {
    [`${name}_file`]: text("the path of a file").optional().describe(`File that contains ${description}.`),
    [`${name}_env`]: text("the name of a variable").optional().describe(`Variable that contains ${description}.`),
  } as Record<`${Name}_file` | `${Name}_env`, z.ZodOptional<z.ZodString>>;
}

/** An address whose path may contain a secret, as for most webhooks: it is never shown. */
const address = (description: string) => ({
  url: secretText("an http or https address").optional().describe(description),
  ...secret("url", "this address"),
});

const common = {
  name: name().describe("Name that routes refer to."),
  ca_file: text("the path of a file").optional().describe("Certificate authority of the service, as PEM."),
  proxy_url: secretText("an http or https address").optional().describe("HTTP proxy. Default: $HTTPS_PROXY."),
  timeout: duration({ min: SECOND, max: 2 * MINUTE, example: "10s" })
    .prefault("10s")
    .describe("Timeout of one attempt. Default: 10s."),
  messages_per_minute: integer({ min: 1, max: 6000, example: 60 })
    .default(60)
    .describe("Maximum number of messages per minute. Default: 60."),
};

export const ReceiverSchema = z.discriminatedUnion(
  "type",
  [
    section({
      type: z.literal("webhook"),
      ...common,
      ...address("Address that receives Alertmanager's webhook payload, version 4."),
      ...secret("hmac", "the key that signs each body with HMAC-SHA256"),
      cloudevents: boolean().default(false).describe("Send each message as a CloudEvent. Default: false."),
    }),
    section({
      type: z.literal("alertmanager"),
      ...common,
      ...address("Base address of an Alertmanager with API v2."),
      ...secret("token", "the bearer token"),
    }),
    section({
      type: z.literal("slack"),
      ...common,
      ...address("Incoming webhook."),
      ...secret("token", "a bot token, to post one thread per group and keep it up to date"),
      channel: text("a channel, such as #alerts").optional().describe("Channel to post to with a bot token."),
    }),
    section({ type: z.literal("teams"), ...common, ...address("Workflows webhook of a channel.") }),
    section({
      type: z.literal("pagerduty"),
      ...common,
      ...secret("routing_key", "the routing key of the integration"),
      ...address("Address of the Events API. Default: https://events.pagerduty.com/v2/enqueue."),
    }),
    section({
      type: z.literal("email"),
      ...common,
      host: text("the name of an SMTP server").describe("SMTP server."),
      port: integer({ min: 1, max: 65535, example: 587 })
        .default(587)
        .describe("Port of the SMTP server. Default: 587."),
      security: choice(["starttls", "tls", "none"])
        .default("starttls")
        .describe("starttls, tls or none. Default: starttls."),
      username: text("a user name").optional().describe("User name for the SMTP server."),
      ...secret("password", "the password"),
      from: text("an e-mail address").describe("Sender."),
      to: list(text("an e-mail address"), "a list of e-mail addresses").min(1).describe("Recipients."),
    }),
    section({ type: z.literal("kubernetes_events"), ...common }),
    section({
      type: z.literal("otlp"),
      ...common,
      ...address("Base address of an OpenTelemetry collector (OTLP over HTTP); /v1/logs is added."),
      ...secret("headers", "headers as in OTEL_EXPORTER_OTLP_HEADERS, such as Authorization=Bearer%20TOKEN"),
    }),
  ],
  {
    error: (issue) => (issue.code === "invalid_union" ? describeType(issue.input) : undefined),
  },
);

function describeType(receiver: unknown): string {
  const types: string[] = ReceiverSchema.options.map(({ shape }) => shape.type.value);
  const type = typeof receiver === "object" && receiver !== null && "type" in receiver ? receiver.type : undefined;
  if (type === undefined) return `a receiver needs a type: use one of ${types.join(", ")}`;
  const meant = typeof type === "string" ? closestMatch(type, types) : undefined;
  const hint = meant === undefined ? `use one of ${types.join(", ")}` : `did you mean ${meant}?`;
  return `${JSON.stringify(type)} is not a type of receivers: ${hint}`;
}

export type ReceiverShape = z.output<typeof ReceiverSchema>;

const matcher = () =>
  z.string(wrong(`a matcher such as severity="critical"`)).transform((given, context): Matcher => {
    try {
      const parsed = parseMatcher(given);
      compileMatchers([parsed]);
      return parsed;
    } catch (error) {
      const message = errorMessage(error);
      context.addIssue({ code: "custom", message, input: given });
      return z.NEVER;
    }
  });

const timeOfDay = () =>
  z
    .string(wrong("a time of day such as 22:00"))
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, wrong("a time of day such as 22:00"))
    .transform((given) => Number(given.slice(0, 2)) * 60 + Number(given.slice(3)));

const quietHours = () =>
  section({
    days: list(choice(WEEKDAYS), "a list of days such as [sat, sun]")
      .min(1)
      .optional()
      .describe("Days of the week on which the period begins. Default: every day."),
    from: timeOfDay().describe("Start of the period."),
    to: timeOfDay().describe("End of the period; may be on the next day."),
    timezone: timeZone().describe("Time zone of both times."),
  }).transform(
    ({ days, from, to, timezone }): QuietHours => ({
      timeZone: timezone,
      from,
      to,
      ...(days === undefined ? {} : { weekdays: days.map((day) => WEEKDAYS.indexOf(day)) }),
    }),
  );

const span = (example: string) => duration({ max: 30 * DAY, example });

const routeShape = {
  receiver: setting(
    "Receiver of the notifications.",
    { computedDefault: "that of the parent route" },
    name().optional(),
  ),
  group_by: setting(
    "Labels that the alerts of one notification have in common.",
    { computedDefault: "namespace, workload, alertname" },
    list(text("the name of a label"), "a list of labels").optional(),
  ),
  group_wait: setting(
    "How long the first notification of a group waits for further alerts.",
    { computedDefault: "30s" },
    span("30s").optional(),
  ),
  group_interval: setting(
    "Minimum time between two notifications of a group.",
    { computedDefault: "5m" },
    span("5m").optional(),
  ),
  repeat_interval: setting(
    "How often unchanged notifications are repeated.",
    { computedDefault: "4h" },
    duration({ min: MINUTE, max: 30 * DAY, example: "4h" }).optional(),
  ),
  send_resolved: setting("Whether to notify when alerts resolve.", { computedDefault: "true" }, boolean().optional()),
  quiet_hours: list(quietHours(), "a list of quiet hours")
    .optional()
    .describe("Periods during which notifications are suppressed."),
};

export interface RouteShape extends z.output<ReturnType<typeof plainRoute>> {
  readonly matchers?: readonly Matcher[] | undefined;
  readonly continue?: boolean | undefined;
  readonly routes?: readonly RouteShape[] | undefined;
}
const plainRoute = () => section(routeShape);

export const RouteSchema: z.ZodType<RouteShape> = z.lazy(() =>
  section({
    matchers: setting(
      "Matchers of the alerts for this route.",
      { computedDefault: "all alerts" },
      list(matcher(), "a list of matchers").optional(),
    ),
    ...routeShape,
    continue: setting(
      "Whether matching alerts continue to the routes after this one.",
      { computedDefault: "false" },
      boolean().optional(),
    ),
    routes: childRoutes(),
  }),
);

const childRoutes = () => list(RouteSchema, "a list of routes").optional().describe("Child routes, tried in order.");

const someMatchers = (example: string) =>
  list(matcher(), `a list of matchers, such as ['${example}']`).min(
    1,
    `is empty: add a matcher, such as ['${example}']`,
  );

const inhibitRule = section({
  name: z
    .string(wrong("the name of a rule, such as node-down"))
    .regex(
      /^[\w.-]{1,63}$/,
      wrong("the name of a rule: at most 63 letters, digits, '.', '_' and '-', such as node-down"),
    )
    .optional()
    .describe("Name of the rule in explanations. Default: its position."),
  source_matchers: someMatchers('severity="critical"').describe("Matchers of the alerts that inhibit others."),
  target_matchers: someMatchers('severity="warning"').describe("Matchers of the alerts that are inhibited."),
  equal: list(text("the name of a label"), "a list of labels, such as [namespace, pod]")
    .default([])
    .describe(
      "Labels that must have the same value in both alerts; a label that both lack is the same. Default: none.",
    ),
});

/** One cause, one message. docs/alerts.md describes it. */
const DEFAULT_INHIBIT_RULES = [
  {
    name: "cluster-unreachable",
    source_matchers: ['alertname="ClusterUnreachable"'],
    target_matchers: ['alertname=~"NamespaceNotWatched|WatchStale"'],
  },
];

const META: SettingMeta = { group: "notifications", reload: "immediate" };

export const notifySections = {
  receivers: setting("Destinations of notifications.", META, list(ReceiverSchema, "a list of receivers").default([])),
  inhibit_rules: setting(
    "Alerts that are not notified while another one is firing. A list replaces the default one; an empty list turns it off.",
    META,
    list(inhibitRule, "a list of rules").prefault(DEFAULT_INHIBIT_RULES),
  ),
  route: settings(META, { ...routeShape, routes: childRoutes() }).optional(),
};
