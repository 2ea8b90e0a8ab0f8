/** From a configured receiver to one that sends. The only place that knows all kinds. */
import { readFile } from "node:fs/promises";
import type { Duration } from "../core/time.ts";
import type { Clock, Receiver } from "../ports.ts";
import { type Alertmanager, createAlertmanager } from "./alertmanager.ts";
import type { ReceiverSetup } from "./dispatcher.ts";
import { createEmail } from "./email.ts";
import { createHttpPoster, type HttpPoster } from "./http-post.ts";
import { createKubernetesEvents, type KubernetesEventOptions } from "./kubernetes-event.ts";
import type { MessageOptions } from "./message.ts";
import { createPagerDuty } from "./pagerduty.ts";
import { createSlack } from "./slack.ts";
import { createTeams } from "./teams.ts";
import { createWebhook } from "./webhook.ts";

/** Something that must not be seen, read anew each time it is needed. */
interface Secret {
  read(): Promise<string>;
}

/** One receiver as it is configured. */
export type ReceiverSettings = {
  readonly name: string;
  readonly caFile: string | undefined;
  readonly proxyUrl: Secret | undefined;
  readonly timeout: Duration;
  readonly messagesPerMinute: number;
} & (
  | { readonly type: "webhook"; readonly url: Secret; readonly hmac: Secret | undefined; readonly cloudevents: boolean }
  | { readonly type: "alertmanager"; readonly url: Secret; readonly token: Secret | undefined }
  | { readonly type: "slack"; readonly url: Secret; readonly token?: never }
  | { readonly type: "slack"; readonly url?: never; readonly token: Secret; readonly channel: string }
  | { readonly type: "teams"; readonly url: Secret }
  | { readonly type: "pagerduty"; readonly url: Secret | undefined; readonly routingKey: Secret }
  | {
      readonly type: "email";
      readonly host: string;
      readonly port: number;
      readonly security: "starttls" | "tls" | "none";
      readonly username: string | undefined;
      readonly password: Secret | undefined;
      readonly from: string;
      readonly to: readonly string[];
    }
  | { readonly type: "kubernetes_events" }
);

export interface ReceiverContext {
  readonly clock: Clock;
  readonly message: MessageOptions;
  /** The proxy that the surroundings ask for on the way to an address, where a receiver names none. */
  readonly proxyFor: (url: URL) => string | undefined;
  /** Posts to the API server, for Kubernetes Events. */
  readonly postToCluster: KubernetesEventOptions["post"];
}

export interface Receivers extends AsyncDisposable {
  readonly setups: readonly ReceiverSetup[];
  /** Those that must be told again and again what fires. */
  readonly alertmanagers: readonly { readonly receiver: Alertmanager; readonly timeout: Duration }[];
  /** How many alerts a message to a receiver may carry. */
  readonly maxAlerts: (receiver: string) => number;
}

/** An Alertmanager is given every alert: it groups them itself. People read the first few. */
const MAX_ALERTS = 50;

export function createReceivers(settings: readonly ReceiverSettings[], context: ReceiverContext): Receivers {
  const resources = new AsyncDisposableStack();
  const alertmanagers: { receiver: Alertmanager; timeout: Duration }[] = [];
  const setups = settings.map((one): ReceiverSetup => {
    const receiver = create(one, context, (options) => resources.use(createHttpPoster(options)));
    if (one.type === "alertmanager") alertmanagers.push({ receiver: receiver as Alertmanager, timeout: one.timeout });
    return {
      receiver,
      kind: one.type,
      timeout: one.timeout,
      limits: { perMinute: one.messagesPerMinute, burst: Math.max(1, Math.ceil(one.messagesPerMinute / 3)) },
    };
  });
  const mirrored = new Set(alertmanagers.map(({ receiver }) => receiver.name));
  return {
    setups,
    alertmanagers,
    maxAlerts: (name) => (mirrored.has(name) ? Number.POSITIVE_INFINITY : MAX_ALERTS),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

type MakePoster = (options: Parameters<typeof createHttpPoster>[0]) => HttpPoster;

function create(
  one: ReceiverSettings,
  { clock, message, proxyFor, postToCluster }: ReceiverContext,
  make: MakePoster,
): Receiver {
  const { name, caFile, proxyUrl, timeout } = one;
  const ca = caFile === undefined ? {} : { ca: () => readFile(caFile, "utf8") };
  const poster = () =>
    make({
      ...ca,
      now: clock.now,
      proxy: async (url) => (proxyUrl === undefined ? proxyFor(url) : await proxyUrl.read()),
    });
  switch (one.type) {
    case "webhook":
      return createWebhook({
        name,
        url: () => one.url.read(),
        ...given("signingKey", one.hmac),
        cloudEvents: one.cloudevents,
        message,
        poster: poster(),
        clock,
      });
    case "alertmanager":
      return createAlertmanager({
        name,
        url: () => one.url.read(),
        ...given("bearerToken", one.token),
        message,
        poster: poster(),
        clock,
      });
    case "slack":
      return one.token === undefined
        ? createSlack({ name, webhookUrl: () => one.url.read(), message, poster: poster() })
        : createSlack({ name, token: () => one.token.read(), channel: one.channel, message, poster: poster() });
    case "teams":
      return createTeams({ name, url: () => one.url.read(), message, poster: poster() });
    case "pagerduty":
      return createPagerDuty({
        name,
        routingKey: () => one.routingKey.read(),
        ...given("url", one.url),
        message,
        poster: poster(),
      });
    case "email": {
      const { host, port, security, username, password, from, to } = one;
      return createEmail({
        ...{ name, host, port, security, username, from, to, timeout, message },
        ...ca,
        password: password === undefined ? undefined : () => password.read(),
        // The surroundings' proxy is one for HTTP: mail goes through one only where that is asked for.
        ...(proxyUrl === undefined ? {} : { proxy: () => proxyUrl.read() }),
      });
    }
    case "kubernetes_events":
      return createKubernetesEvents({ name, post: postToCluster });
  }
}

function given<Name extends string>(
  name: Name,
  secret: Secret | undefined,
): Partial<Record<Name, () => Promise<string>>> {
  return secret === undefined ? {} : ({ [name]: () => secret.read() } as Record<Name, () => Promise<string>>);
}
