/** Creates the configured receivers. */
import { readFile } from "node:fs/promises";
import type { Config, ReceiverConfig } from "../config/config.ts";
import type { Secret } from "../config/secret.ts";
import type { MessageOptions } from "../notify/message.ts";
import type { ReceiverSetup } from "../notify/receiver-worker.ts";
import { type Alertmanager, createAlertmanager } from "../notify/receivers/alertmanager.ts";
import { createEmail } from "../notify/receivers/email.ts";
import { createHttpPoster, type HttpPoster } from "../notify/receivers/http-post.ts";
import { createKubernetesEvents } from "../notify/receivers/kubernetes-event.ts";
import { createOtlp } from "../notify/receivers/otlp.ts";
import { createPagerDuty } from "../notify/receivers/pagerduty.ts";
import { createSlack } from "../notify/receivers/slack.ts";
import { createTeams } from "../notify/receivers/teams.ts";
import { createWebhook } from "../notify/receivers/webhook.ts";
import type { Clock } from "../ports/clock.ts";
import type { Receiver } from "../ports/notifications.ts";

export interface ReceiversOptions {
  readonly clock: Clock;
  readonly message: MessageOptions;
  /** The proxy for an address according to the environment; undefined for none. */
  readonly proxyFor: (url: URL) => URL | undefined;
  /** Posts JSON to the API server with our own credentials. */
  readonly postToCluster: (path: string, json: object) => Promise<{ readonly status: number; readonly body: string }>;
}

export interface Receivers extends AsyncDisposable {
  readonly setups: readonly ReceiverSetup[];
  /** Alertmanagers, which expect firing alerts to be sent repeatedly. */
  readonly alertmanagers: readonly Alertmanager[];
}

export function createReceivers(receivers: Config["receivers"], options: ReceiversOptions): Receivers {
  const posters: HttpPoster[] = [];
  const alertmanagers: Alertmanager[] = [];
  const setups = receivers.map((receiverConfig): ReceiverSetup => {
    const poster = posterFor(receiverConfig, options);
    posters.push(poster);
    const receiver = createReceiver(receiverConfig, poster, options);
    if (receiverConfig.type === "alertmanager") alertmanagers.push(receiver as Alertmanager);
    const { type, timeout, messagesPerMinute } = receiverConfig;
    return { receiver, kind: type, timeout, limits: { perMinute: messagesPerMinute } };
  });
  return {
    setups,
    alertmanagers,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(posters.map((poster) => poster[Symbol.asyncDispose]()));
    },
  };
}

function posterFor({ caFile, proxyUrl }: ReceiverConfig, { clock, proxyFor }: ReceiversOptions): HttpPoster {
  return createHttpPoster({
    ...(caFile !== undefined && { ca: () => readFile(caFile, "utf8") }),
    proxy: async (url) => (proxyUrl === undefined ? proxyFor(url)?.href : await proxyUrl.read()),
    now: clock.now,
  });
}

function createReceiver(config: ReceiverConfig, poster: HttpPoster, options: ReceiversOptions): Receiver {
  const { clock, message } = options;
  const { name } = config;
  switch (config.type) {
    case "webhook":
      return createWebhook({
        name,
        url: reading(config.url),
        ...(config.hmac !== undefined && { signingKey: reading(config.hmac) }),
        cloudEvents: config.cloudevents,
        message,
        poster,
        clock,
      });
    case "alertmanager":
      return createAlertmanager({
        name,
        url: reading(config.url),
        ...(config.token !== undefined && { bearerToken: reading(config.token) }),
        message,
        poster,
        clock,
      });
    case "slack":
      return config.url === undefined
        ? createSlack({ name, message, poster, token: reading(config.token), channel: config.channel })
        : createSlack({ name, message, poster, webhookUrl: reading(config.url) });
    case "teams":
      return createTeams({ name, url: reading(config.url), message, poster });
    case "pagerduty":
      return createPagerDuty({
        name,
        routingKey: reading(config.routingKey),
        ...(config.url !== undefined && { url: reading(config.url) }),
        message,
        poster,
      });
    case "email": {
      const { caFile, password, proxyUrl } = config;
      return createEmail({
        ...config,
        password: password === undefined ? undefined : reading(password),
        ...(caFile !== undefined && { ca: () => readFile(caFile, "utf8") }),
        ...(proxyUrl !== undefined && { proxy: reading(proxyUrl) }),
        message,
      });
    }
    case "kubernetes_events":
      return createKubernetesEvents({ name, post: options.postToCluster });
    case "otlp":
      return createOtlp({
        name,
        url: reading(config.url),
        ...(config.headers !== undefined && { headers: reading(config.headers) }),
        message,
        poster,
      });
  }
}

/** Read for each notification: mounted secrets rotate. */
function reading(secret: Secret): () => Promise<string> {
  return () => secret.read();
}
