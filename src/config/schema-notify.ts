import { z } from "zod";
import { DAY, MINUTE, SECOND } from "../core/model/time.ts";
import { compileMatchers, type Matcher, parseMatcher } from "../core/notify/matcher.ts";
import type { QuietHours } from "../core/notify/quiet-hours.ts";
import { errorMessage } from "../util/error-message.ts";
import { choice, duration, integer, isTimeZone, list, secretText, section, text, truth, wrong } from "./leaves.ts";

/** Whom to tell, and when: the part of the file about notifications. */

const name = () =>
  z
    .string(wrong("a receiver's name, such as on-call"))
    .regex(/^[\w.-]{1,63}$/, wrong("a receiver's name: letters, digits, '.', '_' and '-', at most 63"));

/** A secret stands in the file that `…_file` names or in the variable that `…_env` names, never in this one. */
function secret<const Name extends string>(what: Name, meaning: string) {
  return {
    [`${what}_file`]: text("the path of a file").optional().describe(`the file that holds ${meaning}`),
    [`${what}_env`]: text("the name of a variable").optional().describe(`the variable that holds ${meaning}`),
  } as Record<`${Name}_file` | `${Name}_env`, z.ZodOptional<z.ZodString>>;
}

/** An address that may hold a secret in its path, as most webhooks' do: it is never shown. */
const address = (meaning: string) => ({
  url: secretText("an http or https address").optional().describe(meaning),
  ...secret("url", "the same address"),
});

const everywhere = {
  name: name().describe("what routes call it"),
  ca_file: text("the path of a file").optional().describe("the authority of the service's certificate, as PEM"),
  proxy_url: secretText("an http or https address").optional().describe("a proxy on the way; default: $HTTPS_PROXY"),
  timeout: duration({ min: SECOND, max: 2 * MINUTE, example: "10s" })
    .prefault("10s")
    .describe("how long one attempt may take"),
  messages_per_minute: integer({ min: 1, max: 6000, example: 60 }).default(60).describe("no more are sent than that"),
};

export const ReceiverSchema = z.discriminatedUnion(
  "type",
  [
    section({
      type: z.literal("webhook"),
      ...everywhere,
      ...address("where to post Alertmanager's webhook body, version 4"),
      ...secret("hmac", "a key: each body is signed with HMAC-SHA256"),
      cloudevents: truth().default(false).describe("wrap each message as a CloudEvent"),
    }),
    section({
      type: z.literal("alertmanager"),
      ...everywhere,
      ...address("the base address of an Alertmanager, API v2"),
      ...secret("token", "a bearer token"),
    }),
    section({
      type: z.literal("slack"),
      ...everywhere,
      ...address("an incoming webhook"),
      ...secret("token", "a bot token: one thread a group, kept up to date"),
      channel: text("a channel, such as #alerts").optional().describe("with a bot token: where to write"),
    }),
    section({ type: z.literal("teams"), ...everywhere, ...address("a Workflows webhook of a channel") }),
    section({
      type: z.literal("pagerduty"),
      ...everywhere,
      ...secret("routing_key", "the integration's routing key"),
      ...address("default: https://events.pagerduty.com/v2/enqueue"),
    }),
    section({
      type: z.literal("email"),
      ...everywhere,
      host: text("the name of an SMTP server").describe("the SMTP server"),
      port: integer({ min: 1, max: 65535, example: 587 }).default(587).describe("its port"),
      security: choice(["starttls", "tls", "none"]).default("starttls").describe("starttls, tls or none"),
      username: text("a user name").optional().describe("who signs in there"),
      ...secret("password", "the password"),
      from: text("an e-mail address").describe("the sender"),
      to: list(text("an e-mail address"), "a list of e-mail addresses").min(1).describe("the recipients"),
    }),
    section({ type: z.literal("kubernetes_events"), ...everywhere }),
  ],
  {
    error: (issue) =>
      issue.code === "invalid_union"
        ? "type is not one of webhook, alertmanager, slack, teams, pagerduty, email, kubernetes_events"
        : undefined,
  },
);

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

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const timeOfDay = () =>
  z
    .string(wrong("a time of day such as 22:00"))
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, wrong("a time of day such as 22:00"))
    .transform((given) => Number(given.slice(0, 2)) * 60 + Number(given.slice(3)));

const quietHours = () =>
  section({
    days: list(choice(WEEKDAYS), "a list of days such as [sat, sun]").min(1).optional().describe("default: every day"),
    from: timeOfDay().describe("when it begins"),
    to: timeOfDay().describe("when it ends; may be the next day"),
    timezone: z
      .string(wrong("a time zone such as Europe/Berlin"))
      .refine(isTimeZone, wrong("a time zone of the IANA database, such as Europe/Berlin or UTC"))
      .describe("of both times"),
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
  receiver: name().optional().describe("whom to tell; default: as the route above"),
  group_by: list(text("a label's name"), "a list of labels")
    .optional()
    .describe("what the alerts of one message have in common; default: namespace, workload, alertname"),
  group_wait: span("30s").optional().describe("how long the first message waits for further alerts; default: 30s"),
  group_interval: span("5m").optional().describe("how long the next message of a group waits; default: 5m"),
  repeat_interval: duration({ min: MINUTE, max: 30 * DAY, example: "4h" })
    .optional()
    .describe("when to tell again of what has not changed; default: 4h"),
  send_resolved: truth().optional().describe("whether to tell of what is over; default: true"),
  quiet_hours: list(quietHours(), "a list of quiet hours").optional().describe("when not to tell"),
};

export interface RouteShape extends z.output<ReturnType<typeof plainRoute>> {
  readonly matchers?: readonly Matcher[] | undefined;
  readonly continue?: boolean | undefined;
  readonly routes?: readonly RouteShape[] | undefined;
}
const plainRoute = () => section(routeShape);

export const RouteSchema: z.ZodType<RouteShape> = z.lazy(() =>
  section({
    matchers: list(matcher(), "a list of matchers").optional().describe("which alerts go here; default: all"),
    ...routeShape,
    continue: truth().optional().describe("go on to the routes after this one as well; default: false"),
    routes: list(RouteSchema, "a list of routes").optional().describe("more particular routes, tried in order"),
  }),
);

export const notifySections = {
  receivers: list(ReceiverSchema, "a list of receivers").default([]).describe("whom alerts can be sent to"),
  route: section({
    ...routeShape,
    routes: list(RouteSchema, "a list of routes").optional().describe("more particular routes, tried in order"),
  })
    .optional()
    .describe("which alerts go to which receiver; not needed with a single one"),
};
