import { z } from "zod";
import { DEFAULT_JOIN } from "../core/incident/lifecycle.ts";
import { formatDuration } from "../core/model/duration.ts";
import { defaultPolicy } from "../core/model/policy.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../core/model/time.ts";
import { matcherError } from "../core/notify/matcher.ts";
import { LOG_LEVELS } from "../telemetry/logger.ts";
import { http } from "./schema-http.ts";
import { notifySections } from "./schema-notify.ts";
import { rules } from "./schema-rules.ts";
import {
  boolean,
  choice,
  duration,
  integer,
  list,
  namespaceName,
  path,
  secretText,
  section,
  setting,
  settings,
  text,
  timeZone,
  url,
  wrong,
} from "./schema-types.ts";
import { readAmountOf, readLogLevel } from "./variable-text.ts";

const namePattern = () =>
  z.string(wrong("a regular expression, such as team-.*")).superRefine((value, context) => {
    const message = matcherError({ name: "namespace", operator: "=~", value });
    if (message !== undefined) context.addIssue({ code: "custom", message, input: value });
  });

/**
 * The YAML file. Every key is optional and no others are allowed. Each setting is defined here once: its type, default,
 * description, environment variable, group, reload behavior and visibility. `pod-watcher config`, the JSON Schema, the
 * page, the API and docs/configuration.md derive from it.
 */
export const FileSchema = section({
  cluster: settings(
    { group: "watch" },
    {
      host: setting(
        "host[:port] of the API server.",
        { env: "OPENSHIFT_HOST", computedDefault: "the in-cluster address, otherwise the kubeconfig" },
        text("host[:port] of the API server, such as api.cluster.example:6443").optional(),
      ),
      token: setting(
        "Bearer token for the API server, for trials; use `token_file` in production. Only the variable can set it.",
        { env: "OPENSHIFT_TOKEN", environmentOnly: true },
        secretText("a bearer token").optional(),
      ),
      token_file: setting(
        "File that contains a bearer token. It is re-read when it is rotated.",
        { env: "OPENSHIFT_TOKEN_FILE", computedDefault: "the mounted token of the service account" },
        path().optional(),
      ),
      ca_file: setting(
        "Certificate authority of the API server, as PEM.",
        { env: "OPENSHIFT_CA_FILE", computedDefault: "the mounted one, the kubeconfig's, or the system's" },
        path().optional(),
      ),
      insecure_skip_tls_verify: setting(
        "Do not verify the certificate of the API server.",
        { env: "OPENSHIFT_INSECURE_SKIP_TLS_VERIFY" },
        boolean().default(false),
      ),
      kubeconfig: setting(
        "Kubeconfig to use where neither a host nor the in-cluster address is available.",
        { computedDefault: "$KUBECONFIG, then ~/.kube/config" },
        path().optional(),
      ),
      context: setting(
        "Context in the kubeconfig.",
        { computedDefault: "its current context" },
        text("the name of a context in the kubeconfig").optional(),
      ),
    },
  ).prefault({}),
  namespaces: setting(
    "Namespaces to watch.",
    {
      group: "watch",
      reload: "immediate",
      visibility: "namespace",
      env: "OPENSHIFT_NAMESPACE",
      computedDefault: "on OpenShift every project that the token can see, otherwise the namespace of the pod",
    },
    list(namespaceName(), "a list of namespaces, such as [shop, billing]").default([]),
  ),
  namespace_selector: settings(
    { group: "watch", reload: "immediate" },
    {
      labels: text("a label selector, such as team=shop,env!=dev")
        .optional()
        .describe("Watch the namespaces with these labels: a label selector, as in `kubectl get namespaces -l`."),
      include: list(namePattern(), "a list of regular expressions")
        .default([])
        .describe("Watch the namespaces whose whole name matches one of these regular expressions (RE2)."),
      exclude: list(namePattern(), "a list of regular expressions")
        .default([])
        .describe("Never watch the namespaces whose whole name matches one of these."),
    },
  ).prefault({}),
  ...rules(defaultPolicy),
  overrides: setting(
    "The same rules for single namespaces.",
    { group: "thresholds", reload: "immediate", visibility: "namespace" },
    z.record(namespaceName(), section(rules()), wrong("settings by namespace")).default({}),
  ),
  incidents: settings(
    { group: "thresholds", reload: "immediate", visibility: "everyone" },
    {
      join: duration({ min: 0, max: DAY, example: "30m" })
        .prefault(formatDuration(DEFAULT_JOIN))
        .describe("An alert that fires within this time after an incident of its workload was resolved reopens it."),
    },
  ).prefault({}),
  include_events: setting(
    "Include the events of the pod in /pod-restart-alerts.",
    { group: "notifications", visibility: "everyone", env: "PODMONITOR_INCLUDE_EVENTS" },
    boolean().default(true),
  ),
  database: settings(
    { group: "storage" },
    {
      path: setting(
        "Directory of the SQLite file.",
        { env: "PODMONITOR_FILEPATH" },
        text("the path of a directory, such as /var/tmp/").default("/var/tmp/"),
      ),
      url: setting(
        "Address of a PostgreSQL database to use instead of `path`. Several replicas may share it: one works, the others stand by.",
        { env: "POD_WATCHER_DATABASE_URL" },
        secretText("the address of a PostgreSQL database, such as postgres://user@host:5432/pod_watcher").optional(),
      ),
      url_file: path().optional().describe("File that contains `url`."),
    },
  ).prefault({}),
  retention: setting(
    "How long resolved alerts and their history are kept.",
    { group: "storage", visibility: "everyone" },
    duration({ min: DAY, max: 3650 * DAY, example: "30d" }).prefault("30d"),
  ),
  http,
  console_url: setting(
    "Address of the OpenShift console, for links to it.",
    { group: "server", visibility: "everyone" },
    url("https://console.apps.example").optional(),
  ),
  confirm_silence: settings(
    { group: "notifications" },
    {
      containers: integer({ min: 1, max: 1_000_000, example: 50 })
        .default(50)
        .describe("The page asks for confirmation of silences that match more containers than this."),
      duration: duration({ min: MINUTE, max: 3650 * DAY, example: "1d" })
        .prefault("1d")
        .describe("The page asks for confirmation of silences that last longer than this."),
    },
  ).prefault({}),
  ...notifySections,
  timezone: setting(
    "Time zone of local times in the legacy responses.",
    {
      group: "server",
      visibility: "everyone",
      env: "PODMONITOR_TIMEZONE",
      computedDefault: "the time zone of the process",
    },
    timeZone().optional(),
  ),
  log_level: setting(
    "Log level: trace, debug, info, warn, error or silent.",
    { group: "server", reload: "immediate", env: { name: "PODMONITOR_LOGLEVEL", read: readLogLevel } },
    choice(LOG_LEVELS).default("info"),
  ),
  page_refresh_interval: setting(
    "How often the page refreshes without live updates.",
    {
      group: "server",
      visibility: "everyone",
      env: {
        name: "PM_PAGEREFRESH_SECONDS",
        read: readAmountOf("s"),
        expected: "a number of seconds from 1 to 3600, such as 60",
      },
    },
    duration({ min: SECOND, max: HOUR, example: "60s" }).prefault("60s"),
  ),
});

export type FileShape = z.output<typeof FileSchema>;
