import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { isIPv6 } from "node:net";
import { defaultPolicy } from "../core/model/policy.ts";
import { isLoopback } from "../util/loopback.ts";
import { camelKeys } from "./camel-keys.ts";
import { closestMatch } from "./closest-match.ts";
import type { AuthConfig, Config, DatabaseConfig, HttpConfig } from "./config.ts";
import type { Environment, HostEnvironment } from "./env.ts";
import { type KeyPath, valueAt } from "./key-path.ts";
import { policyFrom } from "./policy.ts";
import type { Problem, ReportProblem } from "./problem.ts";
import { resolveNotify } from "./resolve-notify.ts";
import type { FileShape } from "./schema.ts";
import { show } from "./schema-types.ts";
import { type Secret, secretFile, secretValue } from "./secret.ts";
import { SETTINGS } from "./settings.ts";

interface Context {
  readonly hostEnvironment: HostEnvironment;
  readonly environment: Environment;
  /** Where a setting was given, for messages. */
  readonly locate: (key: KeyPath) => string;
}

interface Resolved {
  readonly config: Config;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Checks that valid settings fit together, and computes the defaults that depend on the environment. */
export function resolveConfig(file: FileShape, context: Context): Resolved {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const fail: ReportProblem = (key, message) => problems.push({ where: context.locate(key), message });
  const warn: ReportProblem = (key, message) => warnings.push({ where: context.locate(key), message });

  checkReadable(file, fail);
  checkTokens(file, fail);
  const policy = policyFrom(file, defaultPolicy);
  for (const namespace of Object.keys(file.overrides)) {
    if (file.namespaces.length === 0 || file.namespaces.includes(namespace)) continue;
    const meant = closestMatch(namespace, file.namespaces);
    const hint = meant === undefined ? "" : `: did you mean ${meant}?`;
    warn(["overrides", namespace], `${namespace} is not one of the watched namespaces${hint}`);
  }
  if (file.cluster.insecure_skip_tls_verify) {
    warn(
      ["cluster", "insecure_skip_tls_verify"],
      "the certificate of the API server is not verified, so an attacker on the network can read the token: set ca_file to its certificate authority instead",
    );
  }
  const config: Config = {
    ...camelKeys(file),
    cluster: resolveCluster(file, context, fail),
    namespaces: [...new Set(file.namespaces)],
    policy,
    overrides: Object.fromEntries(
      Object.entries(file.overrides).map(([namespace, rules]) => [namespace, policyFrom(rules, policy)]),
    ),
    database: resolveDatabase(file, fail),
    ...resolveNotify(file, context.environment, fail),
    consoleUrl: withoutSlash(file.console_url),
    http: resolveHttp(file, context.hostEnvironment, fail, warn),
    timezone: file.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  return { config, problems, warnings };
}

function withoutSlash(url: string | undefined): string | undefined {
  return url?.replace(/\/$/, "");
}

function resolveCluster({ cluster }: FileShape, context: Context, fail: ReportProblem): Config["cluster"] {
  const address = cluster.host === undefined ? undefined : parseHost(cluster.host);
  if (cluster.host !== undefined && address === undefined) {
    fail(["cluster", "host"], `${show(cluster.host)} is not host[:port] of the API server, such as api.example:6443`);
  }
  if (address?.plaintext && !isLoopback(address.hostname)) {
    fail(
      ["cluster", "host"],
      "http:// would send the token unencrypted and is allowed only for a proxy on 127.0.0.1: use https://",
    );
  }
  const resolved = {
    host: address?.host,
    plaintext: address?.plaintext ?? false,
    token: clusterToken(cluster.token, cluster.token_file),
    caFile: cluster.ca_file,
    insecureSkipTlsVerify: cluster.insecure_skip_tls_verify,
    kubeconfig: cluster.kubeconfig,
    context: cluster.context,
    hostEnvironment: context.hostEnvironment,
    environment: context.environment,
  };
  // The environment contains the secrets of other programs.
  return Object.defineProperty(resolved, "environment", { enumerable: false });
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

function resolveDatabase({ database }: FileShape, fail: ReportProblem): DatabaseConfig {
  if (database.url !== undefined && database.url_file !== undefined) {
    fail(["database", "url_file"], "url and url_file are both given: remove one of them");
  }
  if (database.url_file !== undefined) return { kind: "postgres", url: secretFile(database.url_file) };
  if (database.url === undefined) return { kind: "sqlite", folder: database.path };
  if (!/^postgres(ql)?:\/\//.test(database.url)) {
    fail(["database", "url"], "the value (not shown here) does not begin with postgres://");
  }
  return { kind: "postgres", url: secretValue("database.url", database.url) };
}

function resolveHttp(
  { http }: FileShape,
  hostEnvironment: HostEnvironment,
  fail: ReportProblem,
  warn: ReportProblem,
): HttpConfig {
  const bind = http.bind ?? defaultBind(hostEnvironment);
  const { auth, ...plain } = http;
  return {
    ...camelKeys(plain),
    publicUrl: withoutSlash(http.public_url),
    bind,
    auth: resolveAuth(auth, bind, fail, warn),
  };
}

function resolveAuth(
  auth: FileShape["http"]["auth"],
  bind: string,
  fail: ReportProblem,
  warn: ReportProblem,
): AuthConfig {
  const mode = auth.mode ?? (isLoopback(bind) ? "none" : "kubernetes");
  if (mode === "token" && auth.tokens.length === 0) {
    fail(["http", "auth", "mode"], "mode token needs a token: add one to http.auth.tokens");
  }
  if (mode === "none" && !isLoopback(bind)) {
    warn(
      ["http", "auth", "mode"],
      `everyone who can reach ${bind} can see the watched namespaces and silence alerts; apart from the names of the Service, only the hosts in http.allowed_hosts and http.public_url are accepted`,
    );
  }
  return {
    ...camelKeys(auth),
    mode,
    tokens: auth.tokens.map(({ name, file, namespaces, rights }) => ({
      name,
      token: secretFile(file, { minLength: MIN_TOKEN_LENGTH }),
      namespaces,
      rights: rights ?? ["read"],
    })),
  };
}

/** In a cluster, all addresses of the IP family of its services; elsewhere, loopback. */
function defaultBind({ service }: HostEnvironment): string {
  if (service === undefined) return "127.0.0.1";
  return isIPv6(service.host) ? "::" : "0.0.0.0";
}

/** A shorter token could be guessed within days at the rate of failed logins that is allowed. */
const MIN_TOKEN_LENGTH = 16;

/** Empty files are accepted, because mounts start empty; until they have content, their tokens are rejected. */
function checkTokens({ http }: FileShape, fail: ReportProblem): void {
  const names = new Map<string, string>();
  for (const [index, { name, file }] of http.auth.tokens.entries()) {
    const token = readNow(file);
    if (token === undefined || token === "") continue;
    const key = ["http", "auth", "tokens", index, "file"];
    if (token.length < MIN_TOKEN_LENGTH) {
      const length = token.length === 1 ? "1 character" : `${token.length} characters`;
      fail(
        key,
        `${show(file)} contains a token of ${length}: use at least ${MIN_TOKEN_LENGTH}, as from \`openssl rand -hex 24\``,
      );
    }
    const other = names.get(token);
    if (other !== undefined) fail(key, `${show(file)} contains the token of ${other}: give each caller its own`);
    names.set(token, name);
  }
}

function readNow(path: string): string | undefined {
  try {
    return statSync(path).isFIFO() ? undefined : readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

function checkReadable(file: FileShape, fail: ReportProblem): void {
  const keys: KeyPath[] = [
    ...SETTINGS.filter(({ meta }) => meta.file).map(({ key }) => key),
    ...file.http.auth.tokens.map((_, index) => ["http", "auth", "tokens", index, "file"]),
  ];
  for (const key of keys) {
    const path = valueAt(file, key);
    if (typeof path !== "string") continue;
    try {
      accessSync(path, constants.R_OK);
      // Opening one blocks until there is a writer.
      if (statSync(path).isFIFO()) fail(key, `${show(path)} is a named pipe: use a file, because it is read again`);
    } catch {
      fail(key, `${show(path)} cannot be read: check that it exists and that this user may read it`);
    }
  }
}
