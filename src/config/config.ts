import type { Policy } from "../core/model/policy.ts";
import type { Duration } from "../core/model/time.ts";
import type { Route } from "../core/notify/route.ts";
import type { LogLevel } from "../telemetry/logger.ts";
import type { Environment, Surroundings } from "./env.ts";
import type { Secret } from "./secret.ts";

/** Everything that can be set, checked and with defaults filled in. Holds no secret's value, only how to read it. */
export interface Config {
  readonly cluster: ClusterConfig;
  /** Empty: find out what can be seen. */
  readonly namespaces: readonly string[];
  /** The rules for namespaces without rules of their own. */
  readonly policy: Policy;
  /** Complete rules by namespace, for those that have an override. */
  readonly overrides: Readonly<Record<string, Policy>>;
  /** Whether /pod-restart-alerts carries the pod's events. */
  readonly includeEvents: boolean;
  readonly database: DatabaseConfig;
  readonly retention: Duration;
  readonly receivers: readonly ReceiverConfig[];
  /** Undefined when nobody is to be told. */
  readonly route: Route | undefined;
  /** The OpenShift console's address without a slash at its end. */
  readonly consoleUrl: string | undefined;
  /** Beyond either of these the page asks twice before it silences. */
  readonly confirmSilence: { readonly containers: number; readonly length: Duration };
  readonly http: HttpConfig;
  /** IANA name; of the local times in the legacy answers. */
  readonly timezone: string;
  readonly logLevel: LogLevel;
  readonly pageRefreshInterval: Duration;
}

/**
 * How to reach the API server and as whom, in order of preference: `host`, the in-cluster address
 * (`surroundings.service`), the kubeconfig.
 */
export interface ClusterConfig {
  /** `host:port` without scheme; port 443 when none was given. */
  readonly host: string | undefined;
  /** Plain HTTP, which is allowed for a proxy at loop-back (`kubectl proxy`) alone. */
  readonly plaintext: boolean;
  readonly token: Secret | undefined;
  readonly caFile: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly surroundings: Surroundings;
  /** All of the process's variables, for credential plugins to inherit. Not enumerable: it is not printed or copied. */
  readonly environment: Environment;
}

export type DatabaseConfig =
  | { readonly kind: "sqlite"; readonly folder: string }
  | { readonly kind: "postgres"; readonly url: Secret };

export interface HttpConfig {
  readonly port: number;
  readonly bind: string;
  /** Empty, or begins with `/` and does not end with one. */
  readonly pathPrefix: string;
  readonly publicUrl: string | undefined;
  readonly hosts: readonly string[];
  readonly requestsPerMinute: number;
  readonly trustedProxies: readonly string[];
  readonly failedLoginsPerMinute: number;
  readonly maxStreams: number;
  readonly maxStreamsPerCaller: number;
  readonly maxConsumers: number;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly auth: AuthConfig;
}

export interface AuthConfig {
  readonly mode: "none" | "token" | "kubernetes";
  readonly tokens: readonly TokenAccess[];
  /** The permission on pods that allows to acknowledge and silence. */
  readonly writeVerb: string;
  readonly signInUrl: string | undefined;
  readonly publicMetrics: boolean;
}

export interface TokenAccess {
  readonly name: string;
  readonly token: Secret;
  /** Undefined: all that are watched. */
  readonly namespaces: readonly string[] | undefined;
  readonly rights: readonly ("read" | "act")[];
}

/** A configured destination; what it needs to know besides its type. */
export type ReceiverConfig = ReceiverOptions &
  (
    | {
        readonly type: "webhook";
        readonly url: Secret;
        readonly hmac: Secret | undefined;
        readonly cloudevents: boolean;
      }
    | { readonly type: "alertmanager"; readonly url: Secret; readonly token: Secret | undefined }
    | { readonly type: "slack"; readonly url: Secret; readonly token?: never }
    | { readonly type: "slack"; readonly url?: never; readonly token: Secret; readonly channel: string }
    | { readonly type: "teams"; readonly url: Secret }
    | { readonly type: "pagerduty"; readonly url: Secret | undefined; readonly routingKey: Secret }
    | EmailConfig
    | { readonly type: "kubernetes_events" }
  );

export interface ReceiverOptions {
  readonly name: string;
  readonly caFile: string | undefined;
  /** In place of `cluster.surroundings.httpsProxy`. */
  readonly proxyUrl: Secret | undefined;
  readonly timeout: Duration;
  readonly messagesPerMinute: number;
}

export interface EmailConfig {
  readonly type: "email";
  readonly host: string;
  readonly port: number;
  readonly security: "starttls" | "tls" | "none";
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

/** What the configuration amounts to, for people: one entry per setting, secrets only as set or not set. */
export interface ConfigView {
  readonly settings: readonly Setting[];
}

export interface Setting {
  /** As in the file: `http.auth.mode`. */
  readonly key: string;
  /** The environment variable that sets it, where there is one. */
  readonly variable: string | undefined;
  /** One sentence for people. */
  readonly meaning: string;
  /** As it would stand in the file; for a secret whether it is set. Null: not set, and nothing takes its place. */
  readonly value: unknown;
  readonly secret: boolean;
  readonly source: "default" | "file" | "environment" | "argument";
  /** `config.yaml:6:13`, the variable's name or the option's; undefined for a default. */
  readonly where: string | undefined;
  /** What it will be at the next start, where the file has been read again and the running program cannot take it. */
  readonly nextStart?: { readonly value: unknown };
}
