import { isIP, isIPv6 } from "node:net";
import { z } from "zod";
import {
  boolean,
  choice,
  integer,
  list,
  namespaceName,
  path,
  section,
  setting,
  settings,
  show,
  text,
  url,
  wrong,
} from "./schema-types.ts";

/** First segments of the paths that this program serves. `http.path_prefix` must not begin with one of them. */
export const OWN_PATHS: ReadonlySet<string> = new Set([
  "activity",
  "wall",
  "api",
  "assets",
  "badge.svg",
  "config",
  "configuration",
  "containers",
  "events",
  "incidents",
  "livez",
  "metrics",
  "notifications",
  "page.css",
  "plain",
  "pod-restart-alerts",
  "pods",
  "readyz",
  "silences",
  "startupz",
  "status",
]);

const pathPrefix = () =>
  z
    .string(wrong("a path such as /pod-watcher"))
    .regex(/^(\/[\w.~-]+)*$/, wrong("a path such as /pod-watcher: it begins with / and does not end with /"))
    .refine((prefix) => !OWN_PATHS.has(prefix.split("/")[1] ?? ""), {
      error: ({ input }) =>
        `${show(input)} begins with a path that this program serves (${[...OWN_PATHS].join(", ")}), so requests through a proxy that strips the prefix would be ambiguous: choose another, such as /pod-watcher`,
    });

const network = () =>
  z
    .string(wrong("an address or network such as 10.128.0.0/14"))
    .refine(isNetwork, wrong("an address or network such as 10.128.0.0/14"));

const tokenAccess = () =>
  section({
    name: text("a name, such as monitoring").describe("Name of the caller in the audit log."),
    file: text("the path of a file").describe("File that contains the token. It is re-read when it changes."),
    namespaces: list(namespaceName(), "a list of namespaces")
      .optional()
      .describe("Namespaces that the caller may see. Default: all watched namespaces."),
    rights: list(choice(["read", "write"]), "a list of rights")
      .optional()
      .describe("`read`; or `write`, to acknowledge and silence as well. Default: read."),
  });

const auth = () =>
  settings(
    { group: "access" },
    {
      mode: setting(
        "How callers are authenticated: none, token or kubernetes.",
        { env: "POD_WATCHER_AUTH", computedDefault: "none on loopback, otherwise kubernetes" },
        choice(["none", "token", "kubernetes"]).optional(),
      ),
      tokens: setting(
        "Callers and their tokens, for mode token.",
        { reload: "immediate" },
        list(tokenAccess(), "a list of tokens").default([]),
      ),
      login_url: text("an address or path, such as /oauth/start?rd={return}")
        .optional()
        .describe("Login address of an authenticating proxy. `{return}` is replaced by the address to return to."),
      public_metrics: boolean()
        .default(false)
        .describe("Serve /metrics without authentication. It contains names of namespaces and workloads."),
      write_verb: choice(["get", "create", "update", "patch", "delete"])
        .default("update")
        .describe("Verb on pods that allows a caller to acknowledge and silence, for mode kubernetes."),
    },
  ).prefault({});

export const http = settings(
  { group: "server" },
  {
    port: setting(
      "Port to listen on; 0 chooses a free port and prints it.",
      { env: "PORT" },
      integer({ min: 0, max: 65535, example: 8080 }).default(8080),
    ),
    bind: setting(
      "Address to listen on.",
      { env: "BIND_ADDRESS", computedDefault: "all addresses in a cluster, otherwise loopback" },
      text("an address to listen on, such as 127.0.0.1 or 0.0.0.0").optional(),
    ),
    path_prefix: pathPrefix()
      .default("")
      .describe("Path prefix under which a reverse proxy serves this program, such as /pod-watcher."),
    public_url: setting(
      "Public address of the page, for links in messages.",
      { env: "POD_WATCHER_PUBLIC_URL" },
      url("https://pods.example").optional(),
    ),
    allowed_hosts: setting(
      "Additional values of the Host header that are accepted in mode none. The host of `public_url` is always accepted.",
      { env: "POD_WATCHER_ALLOWED_HOSTS", group: "access" },
      list(text("a host name"), "a list of host names").default([]),
    ),
    trusted_proxies: list(network(), "a list of addresses and networks")
      .default([])
      .describe("Addresses and networks of proxies whose X-Forwarded-For is trusted to identify callers."),
    requests_per_minute: integer({ min: 1, max: 1_000_000, example: 1200 })
      .default(1200)
      .describe("Maximum number of requests per minute and caller. Further requests get 429."),
    failed_logins_per_minute: integer({ min: 1, max: 1_000_000, example: 120 })
      .default(120)
      .describe(
        "Maximum number of failed logins per minute and address. Further attempts get 429 without a check of the token.",
      ),
    max_streams: integer({ min: 0, max: 100_000, example: 500 })
      .default(500)
      .describe("Maximum number of pages with live updates, and of callers that wait for alerts."),
    max_streams_per_caller: integer({ min: 1, max: 100_000, example: 50 })
      .default(50)
      .describe("Maximum number of each for one authenticated caller."),
    max_consumers: integer({ min: 1, max: 10_000, example: 100 })
      .default(100)
      .describe(
        "Maximum number of consumers. A caller without write access to all namespaces may create a fifth of them.",
      ),
    tls: settings(
      { group: "access" },
      {
        cert_file: path().describe("Certificate chain as PEM. It is re-read when it changes."),
        key_file: path().describe("Private key of the certificate, as PEM."),
      },
    ).optional(),
    auth: auth(),
  },
).prefault({});

function isNetwork(given: string): boolean {
  const [address = "", bits, ...rest] = given.split("/");
  if (isIP(address) === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv6(address) ? 128 : 32));
}
