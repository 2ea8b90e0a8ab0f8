import { accessSync, constants, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { defaultPolicy } from "../core/model/policy.ts";
import type { AuthConfig, Config, DatabaseConfig, HttpConfig } from "./config.ts";
import type { Environment, Surroundings } from "./env.ts";
import type { KeyPath } from "./file.ts";
import { show } from "./leaves.ts";
import { nearest } from "./nearest.ts";
import { policyFrom } from "./policy.ts";
import type { Problem } from "./problem.ts";
import type { FileShape } from "./schema.ts";
import { type Secret, secretFile, secretValue } from "./secret.ts";
import { resolveNotify } from "./shape-notify.ts";

interface Context {
  readonly token: string | undefined;
  readonly surroundings: Surroundings;
  readonly environment: Environment;
  /** Where a setting was given, for messages. */
  readonly locate: (key: KeyPath) => string;
}

interface Shaped {
  readonly config: Config;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** From values that are each right to a configuration that makes sense as a whole: grouped, and with computed defaults. */
export function resolveConfig(file: FileShape, context: Context): Shaped {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const wrong = (key: KeyPath, message: string) => problems.push({ where: context.locate(key), message });
  const warn = (key: KeyPath, message: string) => warnings.push({ where: context.locate(key), message });

  checkReadable(file, wrong);
  checkTokens(file, wrong);
  const policy = policyFrom(file, defaultPolicy);
  for (const namespace of Object.keys(file.overrides)) {
    if (file.namespaces.length === 0 || file.namespaces.includes(namespace)) continue;
    const meant = nearest(namespace, file.namespaces);
    const hint = meant === undefined ? "" : `: did you mean ${meant}?`;
    warn(["overrides", namespace], `${namespace} is not among the watched namespaces${hint}`);
  }
  if (file.cluster.insecure_skip_tls_verify) {
    warn(
      ["cluster", "insecure_skip_tls_verify"],
      "the API server's certificate is not verified: whoever sits in between can read the token; name its CA with ca_file",
    );
  }
  const config: Config = {
    cluster: shapeCluster(file, context, wrong),
    namespaces: [...new Set(file.namespaces)],
    policy,
    overrides: Object.fromEntries(
      Object.entries(file.overrides).map(([namespace, rules]) => [namespace, policyFrom(rules, policy)]),
    ),
    includeEvents: file.include_events,
    database: shapeDatabase(file, wrong),
    retention: file.retention,
    ...resolveNotify(file, context.environment, wrong),
    consoleUrl: file.console_url?.replace(/\/$/, ""),
    confirmSilence: file.confirm_silence,
    http: shapeHttp(file, context.surroundings, wrong, warn),
    timezone: file.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    logLevel: file.log_level,
    pageRefreshInterval: file.page_refresh_interval,
  };
  return { config, problems, warnings };
}

type Tell = (key: KeyPath, message: string) => void;

function shapeCluster(file: FileShape, context: Context, wrong: Tell): Config["cluster"] {
  const { cluster } = file;
  const address = cluster.host === undefined ? undefined : parseHost(cluster.host);
  if (cluster.host !== undefined && address === undefined) {
    wrong(["cluster", "host"], `${show(cluster.host)} is not host[:port] of the API server, such as api.example:6443`);
  }
  if (address?.plaintext && !isLoopback(address.hostname)) {
    wrong(
      ["cluster", "host"],
      "http:// would send the token in the clear: only a proxy at 127.0.0.1 is reached that way",
    );
  }
  const shaped = {
    host: address?.host,
    plaintext: address?.plaintext ?? false,
    token: clusterToken(context.token, cluster.token_file),
    caFile: cluster.ca_file,
    insecureSkipTlsVerify: cluster.insecure_skip_tls_verify,
    kubeconfig: cluster.kubeconfig,
    context: cluster.context,
    surroundings: context.surroundings,
    environment: context.environment,
  };
  // Other programs' secrets are in there: whoever prints or copies the configuration does not get them.
  return Object.defineProperty(shaped, "environment", { enumerable: false });
}

function clusterToken(value: string | undefined, file: string | undefined): Secret | undefined {
  if (value !== undefined) return secretValue("OPENSHIFT_TOKEN", value);
  return file === undefined ? undefined : secretFile(file);
}

/** `host`, `host:port`, `[v6]:port`, with or without a scheme; nothing may follow. */
function parseHost(text: string): { host: string; hostname: string; plaintext: boolean } | undefined {
  const address = /^[a-z]+:\/\//.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port, pathname, search, hash, username } = new URL(address);
  const plaintext = protocol === "http:";
  if (!plaintext && protocol !== "https:") return undefined;
  if (pathname !== "/" || search !== "" || hash !== "" || username !== "" || hostname === "") return undefined;
  return { host: `${hostname}:${port === "" ? (plaintext ? 80 : 443) : port}`, hostname, plaintext };
}

function shapeDatabase({ database }: FileShape, wrong: Tell): DatabaseConfig {
  if (database.url !== undefined && database.url_file !== undefined) {
    wrong(["database", "url_file"], "url and url_file are both given: leave one of them");
  }
  if (database.url_file !== undefined) return { kind: "postgres", url: secretFile(database.url_file) };
  if (database.url === undefined) return { kind: "sqlite", folder: database.path };
  if (!/^postgres(ql)?:\/\//.test(database.url)) {
    wrong(["database", "url"], "what is given (not shown here) does not begin with postgres://");
  }
  return { kind: "postgres", url: secretValue("database.url", database.url) };
}

function shapeHttp({ http }: FileShape, around: Surroundings, wrong: Tell, warn: Tell): HttpConfig {
  const bind = http.bind ?? defaultBind(around);
  return {
    port: http.port,
    bind,
    pathPrefix: http.path_prefix,
    publicUrl: http.public_url?.replace(/\/$/, ""),
    hosts: http.hosts,
    requestsPerMinute: http.requests_per_minute,
    trustedProxies: http.trusted_proxies,
    failedLoginsPerMinute: http.failed_logins_per_minute,
    maxStreams: http.max_streams,
    maxStreamsPerCaller: http.max_streams_per_caller,
    maxConsumers: http.max_consumers,
    tls: http.tls && { certFile: http.tls.cert_file, keyFile: http.tls.key_file },
    auth: shapeAuth(http.auth, bind, wrong, warn),
  };
}

function shapeAuth(auth: FileShape["http"]["auth"], bind: string, wrong: Tell, warn: Tell): AuthConfig {
  const mode = auth.mode ?? (isLoopback(bind) ? "none" : "kubernetes");
  if (mode === "token" && auth.tokens.length === 0) {
    wrong(["http", "auth", "mode"], "the mode token needs at least one entry in http.auth.tokens");
  }
  if (mode === "none" && !isLoopback(bind)) {
    warn(
      ["http", "auth", "mode"],
      `everyone who reaches ${bind} sees the watched namespaces and may silence alerts; by names other than its Service's it answers to those in http.hosts and http.public_url alone`,
    );
  }
  return {
    mode,
    tokens: auth.tokens.map(({ name, file, namespaces, rights }) => ({
      name,
      token: secretFile(file, { shortest: SHORTEST_TOKEN }),
      namespaces,
      rights: rights ?? ["read"],
    })),
    writeVerb: auth.write_verb,
    signInUrl: auth.sign_in_url,
    publicMetrics: auth.public_metrics,
  };
}

/** All addresses in a cluster, of the family that the cluster's own services have; loop-back on somebody's desk. */
function defaultBind({ service }: Surroundings): string {
  if (service === undefined) return "127.0.0.1";
  return isIPv6(service.host) ? "::" : "0.0.0.0";
}

export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address === "[::1]" || /^127(\.\d+){3}$/.test(address);
}

/** Who may call is known by nothing else: what can be guessed within days at the rate that is allowed is no token. */
const SHORTEST_TOKEN = 16;

/** Empty files are let pass, for mounts begin empty; their token is good for nothing until it has come. */
function checkTokens({ http }: FileShape, wrong: Tell): void {
  const names = new Map<string, string>();
  for (const [index, { name, file }] of http.auth.tokens.entries()) {
    const token = readNow(file);
    if (token === undefined || token === "") continue;
    const key = ["http", "auth", "tokens", index, "file"];
    if (token.length < SHORTEST_TOKEN) {
      const howMany = token.length === 1 ? "1 character" : `${token.length} characters`;
      wrong(
        key,
        `${show(file)} holds a token of ${howMany}: ${SHORTEST_TOKEN} or more, as \`openssl rand -hex 24\` makes`,
      );
    }
    const other = names.get(token);
    if (other !== undefined) wrong(key, `${show(file)} holds the same token as that of ${other}: give each its own`);
    names.set(token, name);
  }
}

function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** A file that is missing now is better told of now than by the first thing that needs it. */
function checkReadable(file: FileShape, wrong: Tell): void {
  const { cluster, database, http } = file;
  const files: [KeyPath, string | undefined][] = [
    [["cluster", "token_file"], cluster.token_file],
    [["cluster", "ca_file"], cluster.ca_file],
    [["cluster", "kubeconfig"], cluster.kubeconfig],
    [["database", "url_file"], database.url_file],
    [["http", "tls", "cert_file"], http.tls?.cert_file],
    [["http", "tls", "key_file"], http.tls?.key_file],
    ...http.auth.tokens.map(({ file }, index): [KeyPath, string] => [["http", "auth", "tokens", index, "file"], file]),
  ];
  for (const [key, path] of files) {
    if (path === undefined) continue;
    try {
      accessSync(path, constants.R_OK);
    } catch {
      wrong(key, `${show(path)} cannot be read: is it there, and may this user read it?`);
    }
  }
}
