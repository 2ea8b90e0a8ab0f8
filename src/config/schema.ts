import { isIP, isIPv6 } from "node:net";
import { z } from "zod";
import { ALERTNAMES, type Alertname } from "../core/model/alert.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../core/model/time.ts";
import { LOG_LEVELS } from "../telemetry/logger.ts";
import {
  choice,
  duration,
  integer,
  isTimeZone,
  list,
  namespaceName,
  secretText,
  section,
  show,
  text,
  truth,
  wrong,
} from "./leaves.ts";
import { notifySections } from "./schema-notify.ts";

/**
 * The YAML file. Every key is optional, none but these are allowed, and what each means is said once, here: the
 * descriptions go to `pod-watcher config`, to the JSON Schema for editors and to docs/configuration.md.
 */

const file = () => text("the path of a file");

const detector = () =>
  section({
    enabled: truth().optional().describe("whether this alert can be raised at all"),
    for: duration({ max: 7 * DAY, example: "15m" })
      .optional()
      .describe("how long the finding must last before the alert fires"),
    keep_firing_for: duration({ max: 7 * DAY, example: "5m" })
      .optional()
      .describe("how long the alert goes on firing after its finding was last seen"),
  });

const detectors = () =>
  section(
    Object.fromEntries(ALERTNAMES.map((name) => [name, detector().optional()])) as Record<
      Alertname,
      z.ZodOptional<ReturnType<typeof detector>>
    >,
  );

const restarts = () =>
  section({
    threshold: integer({ min: 1, max: 500, example: 5 })
      .optional()
      .describe("restarts of one container within the timeframe that raise PodRestartingTooOften"),
    timeframe: duration({ min: MINUTE, max: 7 * DAY, example: "240m" })
      .optional()
      .describe("the window in which restarts are counted"),
  });

const churn = () =>
  section({
    threshold: integer({ min: 2, max: 500, example: 10 })
      .optional()
      .describe("pods of one workload made within the window that raise WorkloadChurning"),
    window: duration({ min: MINUTE, max: DAY, example: "30m" })
      .optional()
      .describe("the window in which a workload's new pods are counted"),
  });

const rules = {
  restarts: restarts().optional(),
  crash_loop_stable_after: duration({ min: 10 * SECOND, max: DAY, example: "10m" })
    .optional()
    .describe("how long a container must run without a break to end its crash loop"),
  churn: churn().optional(),
  ephemeral_containers: truth().optional().describe("whether ephemeral (debug) containers count as well"),
  detectors: detectors().optional(),
};

export type RulesShape = z.output<ReturnType<typeof rulesSection>>;
const rulesSection = () => section(rules);

const tokenAccess = () =>
  section({
    name: text("a name, such as monitoring").describe("who this is, for the log of actions"),
    file: file().describe("the file that holds the token, re-read when it changes"),
    namespaces: list(namespaceName(), "a list of namespaces")
      .optional()
      .describe("which they see; default: all that are watched"),
    rights: list(choice(["read", "act"]), "a list of rights")
      .optional()
      .describe("read, or act to acknowledge and silence as well; default: read"),
  });

/** How addresses of this program begin: whether a proxy took the prefix away could not be told from such a path. */
export const OWN_PATHS: ReadonlySet<string> = new Set([
  "activity",
  "api",
  "assets",
  "badge.svg",
  "config",
  "configuration",
  "events",
  "livez",
  "metrics",
  "page.css",
  "plain",
  "pod-restart-alerts",
  "pods",
  "readyz",
  "silences",
  "startupz",
  "status",
]);

export const FileSchema = section({
  cluster: section({
    host: text("host[:port] of the API server, such as api.cluster.example:6443")
      .optional()
      .describe("host[:port] of the API server; default: the in-cluster address, else the kubeconfig"),
    token_file: file()
      .optional()
      .describe("a file with a bearer token, re-read as it rotates; default: the mounted service account's"),
    ca_file: file()
      .optional()
      .describe(
        "the certificate authority of the API server, as PEM; default: the mounted one, the kubeconfig's, the system's",
      ),
    insecure_skip_tls_verify: truth().default(false).describe("do not verify the API server's certificate"),
    kubeconfig: file()
      .optional()
      .describe("used where neither a host nor the in-cluster address is given; default: $KUBECONFIG, ~/.kube/config"),
    context: text("the name of a context in the kubeconfig")
      .optional()
      .describe("a context of the kubeconfig; default: its current one"),
  }).prefault({}),
  namespaces: list(namespaceName(), "a list of namespaces, such as [shop, billing]")
    .default([])
    .describe(
      "which to watch; default: every project that the token can see (OpenShift), else the pod's own namespace",
    ),
  ...rules,
  overrides: z
    .record(namespaceName(), rulesSection(), wrong("settings by namespace"))
    .default({})
    .describe("the same settings for single namespaces, by namespace"),
  console_url: z
    .url({ protocol: /^https?$/, ...wrong("an http or https address, such as https://console.apps.example") })
    .optional()
    .describe("the OpenShift console, for links to it"),
  confirm_silence: section({
    containers: integer({ min: 1, max: 1_000_000, example: 50 })
      .default(50)
      .describe("the page asks twice before it silences more containers than this"),
    length: duration({ min: MINUTE, max: 3650 * DAY, example: "1d" })
      .prefault("1d")
      .describe("the page asks twice before it silences for longer than this"),
  }).prefault({}),
  include_events: truth().default(true).describe("include the pod's events in /pod-restart-alerts"),
  database: section({
    path: text("the path of a folder, such as /var/tmp/")
      .default("/var/tmp/")
      .describe("the folder of the SQLite file"),
    url: secretText("the address of a PostgreSQL database, such as postgres://user@host:5432/pod_watcher")
      .optional()
      .describe("a PostgreSQL database in place of path; one process may use it at a time"),
    url_file: file().optional().describe("the file that holds url"),
  }).prefault({}),
  retention: duration({ min: DAY, max: 3650 * DAY, example: "30d" })
    .prefault("30d")
    .describe("how long resolved alerts and their history are kept"),
  http: section({
    port: integer({ min: 0, max: 65535, example: 8080 })
      .default(8080)
      .describe("where to listen; 0 takes a free port and prints which"),
    bind: text("an address to listen at, such as 127.0.0.1 or 0.0.0.0")
      .optional()
      .describe("the address to listen at; default: all of them in a cluster, else loop-back"),
    path_prefix: z
      .string(wrong("a path such as /pod-watcher"))
      .regex(/^(\/[\w.~-]+)*$/, wrong("a path such as /pod-watcher: it begins with / and does not end with one"))
      .refine((path) => !OWN_PATHS.has(path.split("/")[1] ?? ""), {
        error: ({ input }) =>
          `${show(input)} begins as addresses of this program do (${[...OWN_PATHS].join(", ")}), and proxies may take a prefix away or leave it: choose another, such as /pod-watcher`,
      })
      .default("")
      .describe("the path under which a proxy in front serves this program, such as /pod-watcher"),
    public_url: z
      .url({ protocol: /^https?$/, ...wrong("an http or https address, such as https://pods.example") })
      .optional()
      .describe("how people reach the page: for links in messages"),
    hosts: list(text("a host name"), "a list of host names")
      .default([])
      .describe("further values of the Host header to answer to, in the mode none; the public address is one anyway"),
    trusted_proxies: list(
      z
        .string(wrong("an address or network such as 10.128.0.0/14"))
        .refine(isNetwork, wrong("an address or network such as 10.128.0.0/14")),
      "a list of addresses and networks",
    )
      .default([])
      .describe("proxies in front whose X-Forwarded-For is believed: callers are then told apart by their own address"),
    requests_per_minute: integer({ min: 1, max: 1_000_000, example: 1200 })
      .default(1200)
      .describe("of one caller; what is beyond is answered 429"),
    failed_logins_per_minute: integer({ min: 1, max: 1_000_000, example: 120 })
      .default(120)
      .describe("wrong tokens from one address before more of them are answered 429 unseen"),
    max_streams: integer({ min: 0, max: 100_000, example: 500 })
      .default(500)
      .describe("pages that may have live updates at once, and callers that may wait for alerts"),
    max_streams_per_caller: integer({ min: 1, max: 100_000, example: 50 })
      .default(50)
      .describe("how many of each may be one caller's who is signed in"),
    max_consumers: integer({ min: 1, max: 10_000, example: 100 })
      .default(100)
      .describe("names under which alerts are pulled; a fifth of them for one caller who may not change everything"),
    tls: section({
      cert_file: file().describe("the certificate chain as PEM, re-read when it changes"),
      key_file: file().describe("its private key as PEM"),
    }).optional(),
    auth: section({
      mode: choice(["none", "token", "kubernetes"])
        .optional()
        .describe("how callers are known: none, token or kubernetes; default: none at loop-back, else kubernetes"),
      tokens: list(tokenAccess(), "a list of tokens").default([]).describe("who may call, in the mode token"),
      sign_in_url: text("an address or path, such as /oauth/start?rd={return}")
        .optional()
        .describe("where a proxy in front signs people in; {return} is replaced by where to come back to"),
      public_metrics: truth()
        .default(false)
        .describe("let anybody read /metrics, which names namespaces and workloads"),
      write_verb: choice(["get", "create", "update", "patch", "delete"])
        .default("update")
        .describe("the permission on pods that allows to acknowledge and silence, in the mode kubernetes"),
    }).prefault({}),
  }).prefault({}),
  ...notifySections,
  timezone: z
    .string(wrong("a time zone such as Europe/Berlin"))
    .refine(isTimeZone, wrong("a time zone of the IANA database, such as Europe/Berlin or UTC"))
    .optional()
    .describe("of the local times in the legacy answers; default: the process's"),
  log_level: choice(LOG_LEVELS).default("info").describe("trace, debug, info, warn, error or silent"),
  page_refresh_interval: duration({ min: SECOND, max: HOUR, example: "60s" })
    .prefault("60s")
    .describe("how often the page refreshes where it has no live updates"),
});

export type FileShape = z.output<typeof FileSchema>;

function isNetwork(given: string): boolean {
  const [address = "", bits, ...rest] = given.split("/");
  if (isIP(address) === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv6(address) ? 128 : 32));
}
