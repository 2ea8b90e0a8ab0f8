import { formatDuration } from "../core/model/duration.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Duration } from "../core/model/time.ts";
import type { Config, ConfigView, Setting } from "./config.ts";
import { PARAMETERS } from "./env.ts";
import type { ConfigFile, KeyPath } from "./file.ts";
import { type Origin, originOf } from "./origin.ts";
import { FileSchema } from "./schema.ts";
import { meaningOf } from "./schema-walk.ts";
import type { Secret } from "./secret.ts";

interface Sources {
  readonly file: ConfigFile | undefined;
  readonly origins: readonly Origin[];
}

/** The configuration as settings, each with where its value comes from. Secrets only as set or not set. */
export function viewConfig(config: Config, sources: Sources): ConfigView {
  const settings = leaves([], inFileTerms(config, contentOf(sources.file))).map(([key, value]) =>
    toSetting(key, value, sources),
  );
  // What an override leaves out is what holds for all: it has been listed above.
  return { settings: settings.filter(({ key, source }) => source !== "default" || !key.startsWith("overrides.")) };
}

/** What a leaf of the view may be: as in the file, but for secrets. */
type Leaf = string | number | boolean | null | readonly unknown[] | SecretLeaf;

interface SecretLeaf {
  readonly secret: Secret | undefined;
}

interface Tree {
  readonly [key: string]: Leaf | Tree | undefined;
}

/** The file that would make this configuration, complete. */
function inFileTerms(config: Config, content: Content): Tree {
  const { cluster, database, http } = config;
  return {
    cluster: {
      host: cluster.host === undefined ? null : `${cluster.plaintext ? "http://" : ""}${cluster.host}`,
      token: { secret: cluster.token },
      token_file: cluster.token?.file ?? null,
      ca_file: cluster.caFile ?? null,
      insecure_skip_tls_verify: cluster.insecureSkipTlsVerify,
      kubeconfig: cluster.kubeconfig ?? null,
      context: cluster.context ?? null,
    },
    namespaces: config.namespaces,
    ...policyInFileTerms(config.policy),
    overrides: Object.fromEntries(
      Object.entries(config.overrides).map(([namespace, policy]) => [namespace, policyInFileTerms(policy)]),
    ),
    include_events: config.includeEvents,
    database:
      database.kind === "sqlite"
        ? { path: database.folder, url: { secret: undefined }, url_file: null }
        : { path: null, url: { secret: database.url }, url_file: database.url.file ?? null },
    retention: formatDuration(config.retention),
    http: {
      port: http.port,
      bind: http.bind,
      path_prefix: http.pathPrefix,
      public_url: http.publicUrl ?? null,
      hosts: http.hosts,
      trusted_proxies: http.trustedProxies,
      requests_per_minute: http.requestsPerMinute,
      failed_logins_per_minute: http.failedLoginsPerMinute,
      max_streams: http.maxStreams,
      max_streams_per_caller: http.maxStreamsPerCaller,
      max_consumers: http.maxConsumers,
      tls: { cert_file: http.tls?.certFile ?? null, key_file: http.tls?.keyFile ?? null },
      auth: {
        mode: http.auth.mode,
        tokens: http.auth.tokens.map(({ name, token, namespaces, rights }) => ({
          name,
          file: token.source,
          namespaces: namespaces ?? "all",
          rights,
        })),
        sign_in_url: http.auth.signInUrl ?? null,
        public_metrics: http.auth.publicMetrics,
        write_verb: http.auth.writeVerb,
      },
    },
    console_url: config.consoleUrl ?? null,
    confirm_silence: {
      containers: config.confirmSilence.containers,
      length: formatDuration(config.confirmSilence.length),
    },
    receivers: (content.receivers ?? []).map(withoutSecrets),
    route: { ...content.route, receiver: config.route?.receiver ?? null },
    timezone: config.timezone,
    log_level: config.logLevel,
    page_refresh_interval: formatDuration(config.pageRefreshInterval),
  };
}

/** What is shown as it was written; it has been checked by now. */
interface Content {
  readonly receivers?: readonly Readonly<Record<string, string | number | boolean>>[];
  readonly route?: Tree;
}

function contentOf(file: ConfigFile | undefined): Content {
  return (file?.content ?? {}) as Content;
}

/** Addresses can hold secrets in their path; the files and variables that hold secrets are no secrets themselves. */
function withoutSecrets(receiver: Readonly<Record<string, string | number | boolean>>) {
  const entries = Object.entries(receiver);
  return Object.fromEntries(entries.map(([key, value]) => [key, /(^|_)url$/.test(key) ? "(set, not shown)" : value]));
}

function policyInFileTerms(policy: Policy): Tree {
  const span = (duration: Duration) => formatDuration(duration);
  return {
    restarts: { threshold: policy.restartThreshold, timeframe: span(policy.restartTimeframe) },
    crash_loop_stable_after: span(policy.crashLoopStableAfter),
    churn: { threshold: policy.churnThreshold, window: span(policy.churnWindow) },
    ephemeral_containers: policy.includeEphemeralContainers,
    detectors: Object.fromEntries(
      Object.entries(policy.detectors).map(([name, detector]) => [
        name,
        { enabled: detector.enabled, for: span(detector.for), keep_firing_for: span(detector.keepFiringFor) },
      ]),
    ),
  };
}

function leaves(path: readonly string[], tree: Tree): [readonly string[], Leaf][] {
  return Object.entries(tree).flatMap(([name, value]): [readonly string[], Leaf][] => {
    if (value === undefined) return [];
    const key = [...path, name];
    return isTree(value) ? leaves(key, value) : [[key, value]];
  });
}

function isTree(value: Leaf | Tree): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("secret" in value);
}

/** What can be set but does not stand in the file. */
const OTHER_MEANINGS: Readonly<Record<string, string>> = {
  "cluster.token": "a bearer token for trying things out, instead of token_file; in the environment only",
};

function toSetting(key: readonly string[], leaf: Leaf, { file, origins }: Sources): Setting {
  const secret = isSecretLeaf(leaf) ? leaf : undefined;
  const origin = originOf(origins, key);
  const inFile = file !== undefined && present(file.content, key);
  const name = key.join(".");
  const variable =
    name === "cluster.token"
      ? "OPENSHIFT_TOKEN"
      : PARAMETERS.find((parameter) => parameter.key.join(".") === name)?.name;
  return {
    key: name,
    variable,
    meaning: meaningOf(FileSchema, key) ?? OTHER_MEANINGS[name] ?? "",
    value: secret ? secret.secret !== undefined : leaf,
    secret: secret !== undefined,
    ...(origin
      ? { source: origin.source, where: origin.where }
      : secret?.secret
        ? { source: secret.secret.source === variable ? "environment" : "file", where: secret.secret.source }
        : inFile
          ? { source: "file", where: file.locate(key) }
          : { source: "default", where: undefined }),
  };
}

function isSecretLeaf(leaf: Leaf): leaf is SecretLeaf {
  return typeof leaf === "object" && leaf !== null && "secret" in leaf;
}

function present(content: unknown, key: KeyPath): boolean {
  let current = content;
  for (const part of key) {
    if (typeof current !== "object" || current === null || !(part in current)) return false;
    current = (current as Record<string, unknown>)[part];
  }
  return current !== undefined && current !== null;
}
