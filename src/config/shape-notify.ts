import type { Route } from "../core/notify/route.ts";
import type { ReceiverConfig, ReceiverOptions } from "./config.ts";
import { type Environment, given } from "./env.ts";
import type { KeyPath } from "./file.ts";
import { nearest } from "./nearest.ts";
import type { FileShape } from "./schema.ts";
import type { ReceiverShape, RouteShape } from "./schema-notify.ts";
import { type Secret, secretFile, secretValue } from "./secret.ts";

type Tell = (key: KeyPath, message: string) => void;

export interface Notify {
  readonly receivers: readonly ReceiverConfig[];
  readonly route: Route | undefined;
}

/** Receivers with their secrets, and routes that lead to receivers that exist. */
export function resolveNotify(file: FileShape, environment: Environment, wrong: Tell): Notify {
  const receivers = file.receivers.flatMap((shape, index) => {
    const key = ["receivers", index];
    if (file.receivers.findIndex(({ name }) => name === shape.name) !== index) {
      wrong([...key, "name"], `${shape.name} is the name of another receiver already`);
    }
    return shapeReceiver(shape, createSecrets(shape, key, environment, wrong)) ?? [];
  });
  const names = file.receivers.map(({ name }) => name);
  if (file.route === undefined) {
    if (names.length > 1) wrong(["receivers"], "with several receivers a route must say which alerts go to which");
    return { receivers, route: names[0] === undefined ? undefined : { receiver: names[0] } };
  }
  if (file.route.receiver === undefined) {
    wrong(["route"], "the first route needs a receiver: it takes what no other does");
  }
  checkReceivers(file.route, ["route"], names, wrong);
  return { receivers, route: toRoute(file.route) };
}

function checkReceivers(route: RouteShape, key: KeyPath, names: readonly string[], wrong: Tell): void {
  if (route.receiver !== undefined && !names.includes(route.receiver)) {
    const meant = nearest(route.receiver, names);
    const hint = meant === undefined ? `there are ${names.join(", ") || "none"}` : `did you mean ${meant}?`;
    wrong([...key, "receiver"], `${route.receiver} is not one of the receivers: ${hint}`);
  }
  route.routes?.forEach((one, index) => {
    checkReceivers(one, [...key, "routes", index], names, wrong);
  });
}

function toRoute(shape: RouteShape): Route {
  return {
    ...(shape.receiver === undefined ? {} : { receiver: shape.receiver }),
    ...(shape.matchers === undefined ? {} : { matchers: shape.matchers }),
    ...(shape.group_by === undefined ? {} : { groupBy: shape.group_by }),
    ...(shape.group_wait === undefined ? {} : { groupWait: shape.group_wait }),
    ...(shape.group_interval === undefined ? {} : { groupInterval: shape.group_interval }),
    ...(shape.repeat_interval === undefined ? {} : { repeatInterval: shape.repeat_interval }),
    ...(shape.send_resolved === undefined ? {} : { sendResolved: shape.send_resolved }),
    ...(shape.quiet_hours === undefined ? {} : { quietHours: shape.quiet_hours }),
    ...(shape.continue === undefined ? {} : { continue: shape.continue }),
    ...(shape.routes === undefined ? {} : { routes: shape.routes.map(toRoute) }),
  };
}

interface Secrets {
  /** Undefined when it is not given. */
  optional(what: string): Secret | undefined;
  /** Undefined, after a complaint, when it is not given. */
  required(what: string, reason: string): Secret | undefined;
  complain(what: string, message: string): void;
}

/** Finds `what`, `what_file` or `what_env` of one receiver. */
function createSecrets(shape: ReceiverShape, key: KeyPath, environment: Environment, wrong: Tell): Secrets {
  const values = shape as Readonly<Record<string, unknown>>;
  const optional = (what: string): Secret | undefined => {
    const here = [what, `${what}_file`, `${what}_env`].filter((name) => values[name] !== undefined);
    if (here.length > 1) wrong([...key, here[1]!], `${here.join(" and ")} are both given: leave one of them`);
    const [first] = here;
    if (first === undefined) return undefined;
    const value = String(values[first]);
    if (first === `${what}_file`) return secretFile(value);
    if (first === what) return secretValue(`receivers.${key[1]}.${what}`, value);
    const held = given(environment, value);
    if (held === undefined) wrong([...key, first], `the environment variable ${value} is not set`);
    return secretValue(value, held ?? "");
  };
  const complain = (what: string, message: string) => wrong([...key, what], message);
  return {
    optional,
    complain,
    required: (what, reason) => {
      const found = optional(what);
      if (found === undefined) complain("type", `${reason}: give ${what}_file or ${what}_env`);
      return found;
    },
  };
}

/** Undefined after a complaint. */
function shapeReceiver(shape: ReceiverShape, secrets: Secrets): ReceiverConfig | undefined {
  const common: ReceiverOptions = {
    name: shape.name,
    caFile: shape.ca_file,
    proxyUrl: secrets.optional("proxy_url"),
    timeout: shape.timeout,
    messagesPerMinute: shape.messages_per_minute,
  };
  switch (shape.type) {
    case "webhook": {
      const url = secrets.required("url", "a webhook needs an address");
      return url && { ...common, type: "webhook", url, hmac: secrets.optional("hmac"), cloudevents: shape.cloudevents };
    }
    case "alertmanager": {
      const url = secrets.required("url", "an Alertmanager needs an address");
      return url && { ...common, type: "alertmanager", url, token: secrets.optional("token") };
    }
    case "slack":
      return shapeSlack(shape, common, secrets);
    case "teams": {
      const url = secrets.required("url", "Teams needs the address of a Workflows webhook");
      return url && { ...common, type: "teams", url };
    }
    case "pagerduty": {
      const routingKey = secrets.required("routing_key", "PagerDuty needs a routing key");
      return routingKey && { ...common, type: "pagerduty", routingKey, url: secrets.optional("url") };
    }
    case "email": {
      const { host, port, security, username, from, to } = shape;
      return {
        ...common,
        type: "email",
        host,
        port,
        security,
        username,
        from,
        to,
        password: secrets.optional("password"),
      };
    }
    case "kubernetes_events":
      return { ...common, type: "kubernetes_events" };
  }
}

function shapeSlack(
  shape: ReceiverShape & { type: "slack" },
  common: ReceiverOptions,
  secrets: Secrets,
): ReceiverConfig | undefined {
  const url = secrets.optional("url");
  const token = secrets.optional("token");
  if (url !== undefined && token !== undefined) secrets.complain("type", "Slack takes an address or a token, not both");
  if (url !== undefined) return { ...common, type: "slack", url };
  if (token === undefined) {
    secrets.complain("type", "Slack needs url_file (an incoming webhook) or token_file (a bot)");
    return undefined;
  }
  if (shape.channel === undefined) {
    secrets.complain("type", "a bot token needs a channel to write to");
    return undefined;
  }
  return { ...common, type: "slack", token, channel: shape.channel };
}
