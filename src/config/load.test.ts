import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type LoadResult, loadConfig } from "./load.ts";
import { formatProblem } from "./problem.ts";

const MISTAKES = join(import.meta.dirname, "../../test/fixtures/config");
const folder = mkdtempSync(join(tmpdir(), "pod-watcher-config-"));

function problemsOf(result: LoadResult): string[] {
  return result.ok ? [] : result.problems.map(formatProblem);
}

function fileWith(yaml: string): string {
  const path = join(folder, `${Math.random()}.yaml`);
  writeFileSync(path, yaml);
  return path;
}

function load(yaml: string, env: Record<string, string> = {}) {
  const result = loadConfig({ env, args: { configFile: fileWith(yaml) } });
  if (!result.ok) throw new Error(problemsOf(result).join("\n"));
  return result;
}

describe("reports a mistake in the file with its position, its cause and a remedy", () => {
  // Each file is named after its mistake and begins with the expected problems as comments.
  it.each(readdirSync(MISTAKES))("%s", (name) => {
    const path = join(MISTAKES, name);
    const expected = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("# "))
      .map((line) => line.slice(2).replace("FILE", path));
    expect(problemsOf(loadConfig({ env: {}, args: { configFile: path } })).toSorted()).toEqual(expected.toSorted());
  });
});

describe("reports a mistake in the environment with the name of the variable", () => {
  it.each([
    ["RESTART_THRESHOLD", "abc", '"abc" is not a whole number from 1 to 500, such as 5'],
    ["RESTART_THRESHOLD", "0", "0 is not a whole number from 1 to 500, such as 5"],
    ["RESTART_THRESHOLD", "2.5", "2.5 is not a whole number from 1 to 500, such as 5"],
    ["RESTART_TIMEFRAME", "-4", '"-4" is not a number of minutes from 1 to 10080, such as 240'],
    ["PM_PAGEREFRESH_SECONDS", "soon", '"soon" is not a number of seconds from 1 to 3600, such as 60'],
    ["PORT", "70000", "70000 is not a whole number from 0 to 65535, such as 8080"],
    ["PODMONITOR_LOGLEVEL", "LOUD", '"LOUD" is not one of trace, debug, info, warn, error, silent'],
    ["PODMONITOR_INCLUDE_EVENTS", "maybe", '"maybe" is not true or false'],
    [
      "PODMONITOR_TIMEZONE",
      "New York",
      '"New York" is not a time zone of the IANA database, such as Europe/Berlin or UTC',
    ],
    ["OPENSHIFT_HOST", "api example", '"api example" is not host[:port] of the API server, such as api.example:6443'],
    [
      "OPENSHIFT_CA_FILE",
      "/nowhere/ca.crt",
      '"/nowhere/ca.crt" cannot be read: check that it exists and that this user may read it',
    ],
    ["OPENSHIFT_NAMEPACE", "shop", "is not a known variable: did you mean OPENSHIFT_NAMESPACE?"],
    ["RESTART_TRESHOLD", "3", "is not a known variable: did you mean RESTART_THRESHOLD?"],
    ["PODMONITOR_INTERVALL", "3", undefined],
  ])("%s=%s", (name, value, message) => {
    const result = loadConfig({ env: { [name]: value } });
    expect(problemsOf(result)).toEqual(message === undefined ? [] : [`${name}: ${message}`]);
  });

  it("reads no named pipe", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const message = `"${pipe}" is a named pipe: use a file, because it is read again`;
    expect(problemsOf(loadConfig({ env: { OPENSHIFT_CA_FILE: pipe } }))).toEqual([`OPENSHIFT_CA_FILE: ${message}`]);
    const path = fileWith(`http: { auth: { tokens: [{ name: ci, file: ${pipe} }] } }\n`);
    expect(problemsOf(loadConfig({ env: {}, args: { configFile: path } }))).toEqual([expect.stringContaining(message)]);
  });

  it("names the one invalid namespace of several", () => {
    const result = loadConfig({ env: { OPENSHIFT_NAMESPACE: "shop, Billing,blog" } });
    expect(problemsOf(result)).toEqual([
      "OPENSHIFT_NAMESPACE: \"Billing\" is not the name of a namespace: at most 63 lower-case letters, digits and '-', such as team-shop",
    ]);
  });

  it("warns of unknown variables with our prefixes, except those that the platform sets", () => {
    const env = {
      PM_SOMETHING_ELSE: "1",
      OPENSHIFT_BUILD_NAME: "pod-watcher-1",
      OPENSHIFT_API_SERVICE_HOST: "10.0.0.1",
      POD_WATCHER_PORT: "tcp://10.0.0.2:8080",
      POD_WATCHER_PORT_8080_TCP_ADDR: "10.0.0.2",
      POD_WATCHER_SERVICE_PORT_HTTP: "8080",
    };
    const result = loadConfig({ env });
    expect(result.ok && result.warnings.map(({ where }) => where)).toEqual(["PM_SOMETHING_ELSE"]);
  });
});

it("reports all problems in file and environment together", () => {
  const configFile = fileWith("http: { port: 99999 }\nretension: 30d\n");
  const result = loadConfig({ env: { RESTART_THRESHOLD: "abc", OPENSHIFT_NAMEPACE: "shop" }, args: { configFile } });
  expect(problemsOf(result).map((text) => text.replace(configFile, "FILE").split(": ")[0])).toEqual([
    "FILE:1:15",
    "FILE:2:1",
    "OPENSHIFT_NAMEPACE",
    "RESTART_THRESHOLD",
  ]);
});

it("reports a missing file", () => {
  expect(problemsOf(loadConfig({ env: { POD_WATCHER_CONFIG: "/nowhere.yaml" } }))).toEqual([
    "/nowhere.yaml: file not found: check --config or POD_WATCHER_CONFIG",
  ]);
});

describe("the configuration in force", () => {
  it("has a default for every setting", () => {
    const result = loadConfig({ env: {} });
    expect(result).toMatchObject({
      ok: true,
      warnings: [],
      config: {
        namespaces: [],
        policy: { restartThreshold: 5, restartTimeframe: 240 * 60_000 },
        database: { kind: "sqlite", folder: "/var/tmp/" },
        http: { port: 8080, bind: "127.0.0.1", auth: { mode: "none" } },
        includeEvents: true,
        logLevel: "info",
        pageRefreshInterval: 60_000,
        retention: 30 * 86_400_000,
      },
    });
  });

  it("prefers options to the environment, and the environment to the file", () => {
    const yaml = "http: { port: 1000, bind: 127.0.0.2 }\nrestarts: { threshold: 9, timeframe: 2h }\n";
    const args = { configFile: fileWith(yaml), settings: [{ option: "--port", key: ["http", "port"], value: 3000 }] };
    const result = loadConfig({ env: { PORT: "2000", RESTART_THRESHOLD: "7", OPENSHIFT_HOST: "" }, args });
    expect(result).toMatchObject({
      config: {
        http: { port: 3000, bind: "127.0.0.2" },
        policy: { restartThreshold: 7, restartTimeframe: 2 * 3_600_000 },
      },
    });
    const settings = result.ok ? result.view.settings : [];
    const sources = Object.fromEntries(
      settings.map(({ key, source, where }) => [key, [source, where?.split("/").at(-1)]]),
    );
    expect(sources["http.port"]).toEqual(["argument", "--port"]);
    expect(sources["http.bind"]?.[0]).toBe("file");
    expect(sources["restarts.threshold"]).toEqual(["environment", "RESTART_THRESHOLD"]);
    expect(sources.retention).toEqual(["default", undefined]);
  });

  it("accepts the variables of the Python program in their formats", () => {
    const { config } = load("", {
      OPENSHIFT_NAMESPACE: "shop, billing,,shop",
      PODMONITOR_INCLUDE_EVENTS: "False",
      PODMONITOR_LOGLEVEL: "WARNING",
      RESTART_TIMEFRAME: "30",
      PM_PAGEREFRESH_SECONDS: "15",
      PODMONITOR_TIMEZONE: "America/New_York",
    });
    expect(config).toMatchObject({
      namespaces: ["shop", "billing"],
      includeEvents: false,
      logLevel: "warn",
      policy: { restartTimeframe: 30 * 60_000 },
      pageRefreshInterval: 15_000,
      timezone: "America/New_York",
    });
  });

  it.each([
    ["api.example", "api.example:443"],
    ["api.example:6443", "api.example:6443"],
    ["https://api.example:6443/", "api.example:6443"],
    ["[fd00::1]:6443", "[fd00::1]:6443"],
    ["http://127.0.0.1:8001", "127.0.0.1:8001"],
  ])("resolves %s to the API server at %s", (given, host) => {
    expect(load("", { OPENSHIFT_HOST: given }).config.cluster.host).toBe(host);
  });

  it.each([
    ["10.96.0.1", "0.0.0.0"],
    ["fd00:10:96::1", "::"],
  ])("listens on all addresses in a cluster with services like %s, and authenticates callers", (host, bind) => {
    expect(load("", { KUBERNETES_SERVICE_HOST: host }).config.http).toMatchObject({
      bind,
      auth: { mode: "kubernetes" },
    });
  });

  it("overrides rules by namespace", () => {
    const { config } = load(`
restarts: { threshold: 3 }
detectors: { PodNotReady: { for: 5m } }
overrides:
  batch:
    restarts: { timeframe: 1h }
    detectors: { PodNotReady: { enabled: false } }
`);
    expect(config.overrides.batch).toMatchObject({
      restartThreshold: 3,
      restartTimeframe: 3_600_000,
      detectors: { PodNotReady: { enabled: false, for: 300_000, keepFiringFor: 0 } },
    });
    expect(config.policy.detectors.PodNotReady.enabled).toBe(true);
  });
});

describe("warnings", () => {
  it("are given for access without authentication, an unverified certificate and overrides for a namespace that is not watched", () => {
    const yaml = `
namespaces: [shop]
cluster: { insecure_skip_tls_verify: true }
http: { bind: 0.0.0.0, auth: { mode: none } }
overrides: { shopp: { restarts: { threshold: 2 } } }
`;
    const messages = load(yaml).warnings.map(({ message }) => message);
    expect(messages).toHaveLength(3);
    expect(messages.join("\n")).toMatch(
      /did you mean shop\?[\s\S]*not verified[\s\S]*everyone who can reach 0\.0\.0\.0.*http\.allowed_hosts and http\.public_url/,
    );
  });
});

describe("secrets", () => {
  const yaml = "database: { url: postgres://watcher:hunter2@db/pods }\n";
  const { config, view } = load(yaml, { OPENSHIFT_TOKEN: "sha256~geheim", AWS_SECRET_ACCESS_KEY: "geheim too" });

  it("can be read", async () => {
    expect(await config.cluster.token?.read()).toBe("sha256~geheim");
    expect(config.database.kind === "postgres" && (await config.database.url.read())).toContain("hunter2");
  });

  it("of the environment are only for credential plugins", () => {
    expect(config.cluster.environment.AWS_SECRET_ACCESS_KEY).toBe("geheim too");
  });

  it("are hidden, however the configuration is printed", () => {
    const printed = [
      JSON.stringify(config),
      inspect(config, { depth: null, showHidden: false }),
      `${String(config.cluster.token)} ${JSON.stringify({ ...config.cluster.token })}`,
      JSON.stringify(structuredClone(view)),
    ].join("\n");
    expect(printed).not.toMatch(/geheim|hunter2/);
    expect(printed).toContain("[secret from OPENSHIFT_TOKEN]");
  });

  it("are shown as set or not set, with their source", () => {
    const shown = view.settings
      .filter(({ secret }) => secret)
      .map(({ key, value, source, where }) => [key, value, source, where]);
    expect(shown[0]).toEqual(["cluster.token", true, "environment", "OPENSHIFT_TOKEN"]);
    expect(shown[1]?.slice(0, 3)).toEqual(["database.url", true, "file"]);
  });

  it("are not repeated in messages about them", () => {
    const problems = problemsOf(loadConfig({ env: { POD_WATCHER_DATABASE_URL: "mysql://root:hunter2@db" } }));
    expect(problems).toEqual(["POD_WATCHER_DATABASE_URL: the value (not shown here) does not begin with postgres://"]);
  });
});

describe("receivers and routes", () => {
  const yaml = `
receivers:
  - { name: on-call, type: pagerduty, routing_key_env: PAGER_KEY }
  - { name: team, type: slack, url: https://hooks.example/hunter2 }
  - { name: mail, type: email, host: smtp.example, from: a@example, to: [b@example], password_file: /dev/null }
route:
  receiver: team
  group_wait: 10s
  quiet_hours: [{ days: [sat, sun], from: "22:00", to: "06:30", timezone: Europe/Berlin }]
  routes:
    - matchers: ['severity="critical"', 'namespace=~"shop|billing"']
      receiver: on-call
      continue: true
      routes: [{ matchers: ['container!="istio-proxy"'], repeat_interval: 1h }]
`;
  const { config, view } = load(yaml, { PAGER_KEY: "geheim" });

  it("are resolved for the core", async () => {
    expect(config.route).toEqual({
      receiver: "team",
      groupWait: 10_000,
      quietHours: [{ timeZone: "Europe/Berlin", weekdays: [6, 0], from: 22 * 60, to: 6 * 60 + 30 }],
      routes: [
        {
          receiver: "on-call",
          continue: true,
          matchers: [
            { name: "severity", operator: "=", value: "critical" },
            { name: "namespace", operator: "=~", value: "shop|billing" },
          ],
          routes: [
            { matchers: [{ name: "container", operator: "!=", value: "istio-proxy" }], repeatInterval: 3_600_000 },
          ],
        },
      ],
    });
    const [pager] = config.receivers;
    expect(pager).toMatchObject({ type: "pagerduty", timeout: 10_000, messagesPerMinute: 60 });
    expect(pager?.type === "pagerduty" && (await pager.routingKey.read())).toBe("geheim");
  });

  it("need no route when there is one receiver", () => {
    const single = load("receivers: [{ name: events, type: kubernetes_events }]\n").config;
    expect(single.route).toEqual({ receiver: "events" });
    expect(load("").config.route).toBeUndefined();
  });

  it("contain no secret", () => {
    const printed = [JSON.stringify(config), inspect(config, { depth: null }), JSON.stringify(view)].join("\n");
    expect(printed).not.toMatch(/geheim|hunter2/);
    expect(printed).toContain("PAGER_KEY");
  });
});

describe("tokens of callers", () => {
  const tokenFile = (name: string, token: string) => {
    writeFileSync(join(folder, name), `${token}\n`);
    return join(folder, name);
  };
  const loadWith = (...files: string[]) =>
    loadConfig({
      env: {},
      args: {
        configFile: fileWith(
          `http: { auth: { mode: token, tokens: [${files.map((file, index) => `{ name: caller-${index}, file: ${file} }`).join(", ")}] } }`,
        ),
      },
    });

  it("are rejected if they are too short, with a command that makes a good one", () => {
    const [problem] = problemsOf(loadWith(tokenFile("short", "s3cret")));
    expect(problem).toMatch(
      /short" contains a token of 6 characters: use at least 16, as from `openssl rand -hex 24`$/,
    );
    expect(problem).not.toContain("s3cret");
  });

  it("are rejected if two callers share one, because one caller would get the rights of the other", () => {
    const token = "0123456789abcdef";
    const problems = problemsOf(loadWith(tokenFile("one", token), tokenFile("two", token)));
    expect(problems).toEqual([expect.stringMatching(/two" contains the token of caller-0: give each caller its own$/)]);
  });

  it("may be missing at first, as in a mount that is still empty", () => {
    expect(problemsOf(loadWith(tokenFile("empty", ""), tokenFile("also-empty", "")))).toEqual([]);
  });

  it("are rejected if they become too short at run time", async () => {
    const file = tokenFile("rotated", "0123456789abcdef");
    const loaded = loadWith(file);
    writeFileSync(file, "x");
    const read = loaded.ok ? loaded.config.http.auth.tokens[0]!.token.read() : undefined;
    await expect(read).rejects.toThrow(/rotated contains fewer than 16 characters$/);
  });
});
