import { parseDuration } from "../core/model/duration.ts";
import { LOG_LEVELS } from "../telemetry/logger.ts";
import type { KeyPath } from "./file.ts";

/** The environment variables of a process, as strings. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy of the process's variables. The one place of the program that looks at them; everything else is handed values. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

/** An environment variable that sets a key of the configuration file. */
export interface Parameter {
  readonly name: string;
  readonly key: KeyPath;
  /** The variable's text as the file would have it; a text that makes no sense is left for the schema to refuse. */
  readonly read: (value: string) => unknown;
  /** What the value should be, in the variable's own terms, where these differ from the file's. */
  readonly expected?: string;
}

/** The names and formats of the Python pod watcher's variables are fixed; new ones begin with OPENSHIFT_ or POD_WATCHER_. */
export const PARAMETERS: readonly Parameter[] = [
  { name: "OPENSHIFT_HOST", key: ["cluster", "host"], read: asText },
  { name: "OPENSHIFT_NAMESPACE", key: ["namespaces"], read: asList },
  { name: "OPENSHIFT_TOKEN_FILE", key: ["cluster", "token_file"], read: asText },
  { name: "OPENSHIFT_CA_FILE", key: ["cluster", "ca_file"], read: asText },
  { name: "OPENSHIFT_INSECURE_SKIP_TLS_VERIFY", key: ["cluster", "insecure_skip_tls_verify"], read: asTruth },
  { name: "PODMONITOR_FILEPATH", key: ["database", "path"], read: asText },
  { name: "PODMONITOR_INCLUDE_EVENTS", key: ["include_events"], read: asTruth },
  { name: "PODMONITOR_LOGLEVEL", key: ["log_level"], read: asLogLevel },
  { name: "PODMONITOR_TIMEZONE", key: ["timezone"], read: asText },
  { name: "RESTART_THRESHOLD", key: ["restarts", "threshold"], read: asNumber },
  {
    name: "RESTART_TIMEFRAME",
    key: ["restarts", "timeframe"],
    read: asDurationIn("m"),
    expected: "a number of minutes from 1 to 10080, such as 240",
  },
  {
    name: "PM_PAGEREFRESH_SECONDS",
    key: ["page_refresh_interval"],
    read: asDurationIn("s"),
    expected: "a number of seconds from 1 to 3600, such as 60",
  },
  { name: "PORT", key: ["http", "port"], read: asNumber },
  { name: "BIND_ADDRESS", key: ["http", "bind"], read: asText },
  { name: "POD_WATCHER_AUTH", key: ["http", "auth", "mode"], read: asText },
  { name: "POD_WATCHER_PUBLIC_URL", key: ["http", "public_url"], read: asText },
  { name: "POD_WATCHER_ALLOWED_HOSTS", key: ["http", "hosts"], read: asList },
  { name: "POD_WATCHER_DATABASE_URL", key: ["database", "url"], read: asText },
];

/** Variables that are read, but are no setting of the file. */
export const OTHER_VARIABLES = [
  "OPENSHIFT_TOKEN",
  "POD_WATCHER_CONFIG",
  "POD_WATCHER_URL",
  "POD_WATCHER_TOKEN",
] as const;

/** What the program's surroundings say, for finding and reaching the API server. */
export interface Surroundings {
  /** In a pod: the address of the API server. */
  readonly service: { readonly host: string; readonly port: string } | undefined;
  /** $KUBECONFIG: paths in order, empty when not set. */
  readonly kubeconfig: readonly string[];
  /** Undefined in a container with an unknown user, where `os.homedir()` would throw. */
  readonly home: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

export function surroundings(environment: Environment): Surroundings {
  const host = given(environment, "KUBERNETES_SERVICE_HOST");
  const port = given(environment, "KUBERNETES_SERVICE_PORT") ?? "443";
  return {
    service: host === undefined ? undefined : { host, port },
    kubeconfig: (given(environment, "KUBECONFIG") ?? "").split(":").filter((path) => path !== ""),
    home: given(environment, "HOME"),
    httpsProxy: given(environment, "HTTPS_PROXY") ?? given(environment, "https_proxy"),
    noProxy: given(environment, "NO_PROXY") ?? given(environment, "no_proxy"),
  };
}

/** The variable's value; an empty one counts as not given, since templates set what nobody filled in to "". */
export function given(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
}

/**
 * Variables that look as if they were meant for this program and are not known to it. Those that platforms set by
 * themselves are left out: the build's, and the links to every Service of the namespace (`NAME_SERVICE_HOST`, `NAME_PORT`…).
 */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = new Set<string>([...PARAMETERS.map(({ name }) => name), ...OTHER_VARIABLES]);
  return Object.keys(environment).filter(
    (name) =>
      /^(OPENSHIFT|PODMONITOR|POD_WATCHER|RESTART|PM)_/.test(name) &&
      !/^OPENSHIFT_BUILD_|^POD_WATCHER_TEST_|_SERVICE_(HOST|PORT)|_PORT(_\d+_|$)/.test(name) &&
      !known.has(name),
  );
}

function asText(value: string): unknown {
  return value;
}

function asList(value: string): unknown {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function asNumber(value: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function asTruth(value: string): unknown {
  const lower = value.toLowerCase();
  if (["true", "yes", "on", "1"].includes(lower)) return true;
  if (["false", "no", "off", "0"].includes(lower)) return false;
  return value;
}

/** Python's names for the levels are understood as well. */
function asLogLevel(value: string): unknown {
  const lower = value.toLowerCase();
  const python: Readonly<Record<string, string>> = { warning: "warn", critical: "error", notset: "trace" };
  const level = python[lower] ?? lower;
  return LOG_LEVELS.some((known) => known === level) ? level : value;
}

function asDurationIn(unit: "m" | "s") {
  return (value: string): unknown => {
    const number = asNumber(value);
    return typeof number === "number" || parseDuration(value) === undefined ? `${value}${unit}` : value;
  };
}
