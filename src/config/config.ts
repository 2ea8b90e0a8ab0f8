import type { Policy } from "../core/model/policy.ts";
import type { Duration } from "../core/model/time.ts";
import type { InhibitRule } from "../core/notify/inhibit.ts";
import type { Route } from "../core/notify/route.ts";
import type { CamelKeys } from "./camel-keys.ts";
import type { Environment, HostEnvironment } from "./env.ts";
import type { FileShape } from "./schema.ts";
import type { RulesShape } from "./schema-rules.ts";
import type { Secret } from "./secret.ts";

/** Settings that need no more than camel case. */
type PlainConfig = CamelKeys<
  Omit<
    FileShape,
    | "cluster"
    | "namespaces"
    | keyof RulesShape
    | "overrides"
    | "database"
    | "http"
    | "receivers"
    | "route"
    | "inhibit_rules"
    | "timezone"
  >
>;

/** The configuration, validated and with its defaults. It contains no secret, only how to read it. */
export interface Config extends PlainConfig {
  readonly cluster: ClusterConfig;
  /** Empty: discover them. */
  readonly namespaces: readonly string[];
  /** The rules for namespaces without overrides. */
  readonly policy: Policy;
  /** The complete rules of each namespace with overrides. */
  readonly overrides: Readonly<Record<string, Policy>>;
  readonly database: DatabaseConfig;
  readonly receivers: readonly ReceiverConfig[];
  /** Undefined without receivers. */
  readonly route: Route | undefined;
  readonly inhibitRules: readonly InhibitRule[];
  readonly http: HttpConfig;
  /** IANA name. */
  readonly timezone: string;
}

/**
 * Address and credentials of the API server, in order of preference: `host`, the in-cluster address
 * (`hostEnvironment.service`), the kubeconfig.
 */
export interface ClusterConfig {
  /** `host:port` without a scheme; the default port is 443. */
  readonly host: string | undefined;
  /** Plain HTTP, which is allowed only for a proxy on loopback (`kubectl proxy`). */
  readonly plaintext: boolean;
  readonly token: Secret | undefined;
  readonly caFile: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly hostEnvironment: HostEnvironment;
  /** All variables of the process, for credential plugins. Not enumerable, so that it is not printed or copied. */
  readonly environment: Environment;
}

export type DatabaseConfig =
  | { readonly kind: "sqlite"; readonly folder: string }
  | { readonly kind: "postgres"; readonly url: Secret };

/** `pathPrefix` is empty, or begins with `/` and does not end with `/`; `publicUrl` does not end with `/`. */
export interface HttpConfig extends CamelKeys<Omit<FileShape["http"], "bind" | "auth">> {
  readonly bind: string;
  readonly auth: AuthConfig;
}

export interface AuthConfig extends CamelKeys<Omit<FileShape["http"]["auth"], "mode" | "tokens">> {
  readonly mode: "none" | "token" | "kubernetes";
  readonly tokens: readonly TokenAccess[];
}

export interface TokenAccess {
  readonly name: string;
  readonly token: Secret;
  /** Undefined: all watched namespaces. */
  readonly namespaces: readonly string[] | undefined;
  readonly rights: readonly ("read" | "write")[];
}

/** A configured destination of notifications. */
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
    | { readonly type: "otlp"; readonly url: Secret; readonly headers: Secret | undefined }
  );

export interface ReceiverOptions {
  readonly name: string;
  readonly caFile: string | undefined;
  /** Overrides `cluster.hostEnvironment.httpsProxy`. */
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
