import type { InhibitRule } from "../core/notify/inhibit.ts";
import type { Route } from "../core/notify/route.ts";
import { defined } from "../core/util/defined.ts";
import { camelKeys } from "./camel-keys.ts";
import { closestMatch } from "./closest-match.ts";
import type { ReceiverConfig, ReceiverOptions } from "./config.ts";
import { type Environment, given } from "./env.ts";
import type { KeyPath } from "./key-path.ts";
import type { ReportProblem } from "./problem.ts";
import type { FileShape } from "./schema.ts";
import type { ReceiverShape, RouteShape } from "./schema-notify.ts";
import { type Secret, secretFile, secretValue } from "./secret.ts";

export interface Notify {
  readonly receivers: readonly ReceiverConfig[];
  readonly route: Route | undefined;
  readonly inhibitRules: readonly InhibitRule[];
}

/** Receivers with their secrets, and routes that lead to receivers that exist. */
export function resolveNotify(file: FileShape, environment: Environment, fail: ReportProblem): Notify {
  const receivers = file.receivers.flatMap((shape, index) => {
    const key = ["receivers", index];
    if (file.receivers.findIndex(({ name }) => name === shape.name) !== index) {
      fail([...key, "name"], `${shape.name} is already the name of another receiver`);
    }
    return resolveReceiver(shape, createSecrets(shape, key, environment, fail)) ?? [];
  });
  const inhibitRules = file.inhibit_rules.map((rule) => camelKeys(rule));
  file.inhibit_rules.forEach(({ name }, index) => {
    if (name === undefined || file.inhibit_rules.findIndex((rule) => rule.name === name) === index) return;
    fail(["inhibit_rules", index, "name"], `${name} is already the name of another rule`);
  });
  const names = file.receivers.map(({ name }) => name);
  if (file.route === undefined) {
    if (names.length > 1)
      fail(["receivers"], "several receivers need a route: add one that selects the alerts of each receiver");
    return { receivers, route: names[0] === undefined ? undefined : { receiver: names[0] }, inhibitRules };
  }
  if (file.route.receiver === undefined) {
    fail(["route"], "the root route needs a receiver for alerts that match no other route: add one");
  }
  checkReceivers(file.route, ["route"], names, fail);
  return { receivers, route: toRoute(file.route), inhibitRules };
}

function checkReceivers(route: RouteShape, key: KeyPath, names: readonly string[], fail: ReportProblem): void {
  if (route.receiver !== undefined && !names.includes(route.receiver)) {
    const meant = closestMatch(route.receiver, names);
    const hint =
      meant === undefined ? `use one of ${names.join(", ") || "(none configured)"}` : `did you mean ${meant}?`;
    fail([...key, "receiver"], `${route.receiver} is not one of the receivers: ${hint}`);
  }
  route.routes?.forEach((one, index) => {
    checkReceivers(one, [...key, "routes", index], names, fail);
  });
}

function toRoute({ routes, ...route }: RouteShape): Route {
  return defined({ ...camelKeys(route), routes: routes?.map(toRoute) });
}

interface Secrets {
  /** Undefined if it is not given. */
  optional(name: string): Secret | undefined;
  /** Undefined, after reporting a problem, if it is not given. */
  required(name: string, reason: string): Secret | undefined;
  fail(name: string, message: string): void;
}

/** Resolves `name`, `name_file` or `name_env` of one receiver. */
function createSecrets(shape: ReceiverShape, key: KeyPath, environment: Environment, fail: ReportProblem): Secrets {
  const values = shape as Readonly<Record<string, unknown>>;
  const optional = (name: string): Secret | undefined => {
    const here = [name, `${name}_file`, `${name}_env`].filter((variant) => values[variant] !== undefined);
    const [first, second] = here;
    if (second !== undefined) fail([...key, second], `${here.join(" and ")} are both given: remove one of them`);
    if (first === undefined) return undefined;
    const value = String(values[first]);
    if (first === `${name}_file`) return secretFile(value);
    if (first === name) return secretValue(`receivers.${key[1]}.${name}`, value);
    const held = given(environment, value);
    if (held === undefined) fail([...key, first], `the environment variable ${value} is not set`);
    return secretValue(value, held ?? "");
  };
  const failAt = (name: string, message: string) => fail([...key, name], message);
  return {
    optional,
    fail: failAt,
    required: (name, reason) => {
      const found = optional(name);
      if (found === undefined) failAt("type", `${reason}: set ${name}_file or ${name}_env`);
      return found;
    },
  };
}

/** Undefined after reporting a problem. */
function resolveReceiver(shape: ReceiverShape, secrets: Secrets): ReceiverConfig | undefined {
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
      return resolveSlack(shape, common, secrets);
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
    case "otlp": {
      const url = secrets.required("url", "an OpenTelemetry collector needs an address");
      return url && { ...common, type: "otlp", url, headers: secrets.optional("headers") };
    }
  }
}

function resolveSlack(
  shape: ReceiverShape & { type: "slack" },
  common: ReceiverOptions,
  secrets: Secrets,
): ReceiverConfig | undefined {
  const url = secrets.optional("url");
  const token = secrets.optional("token");
  if (url !== undefined && token !== undefined)
    secrets.fail("type", "Slack needs either an address or a token: remove one of them");
  if (url !== undefined) return { ...common, type: "slack", url };
  if (token === undefined) {
    secrets.fail("type", "Slack needs an incoming webhook or a bot token: set url_file or token_file");
    return undefined;
  }
  if (shape.channel === undefined) {
    secrets.fail("type", "a bot token needs a channel: set channel");
    return undefined;
  }
  return { ...common, type: "slack", token, channel: shape.channel };
}
