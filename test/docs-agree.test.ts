import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DOC_TABLES, withTables } from "../scripts/doc-tables.ts";
import { loadConfig } from "../src/config/load.ts";
import { FileSchema } from "../src/config/schema.ts";
import { OWN_PATHS } from "../src/config/schema-http.ts";
import { KNOWN_VARIABLES, SETTINGS } from "../src/config/settings.ts";
import { DETECTORS } from "../src/core/detect/detectors.ts";
import { ALERTNAMES } from "../src/core/model/alert.ts";
import { defaultPolicy, policyFor } from "../src/core/model/policy.ts";
import { RULES } from "../src/http/auth/auth-rules.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const pages = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).toSorted();
const sources = globSync("src/**/*.ts", { cwd: ROOT }).filter((path) => !path.endsWith(".test.ts"));

describe("generated tables", () => {
  it.each(Object.keys(DOC_TABLES))("%s is up to date (npm run docs)", (path) => {
    expect(read(path)).toBe(withTables(path));
  });
});

it("the table of faults names only tests that exist", () => {
  const paths = [...read("test/faults/README.md").matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe("settings", () => {
  const examples = pages.flatMap((page) =>
    [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map(([, text]) => ({ page, text: text ?? "", content: parse(text ?? "") }))
      .filter(({ content }) => content !== null && Object.keys(content).some((key) => key in FileSchema.shape)),
  );

  it("has examples", () => expect(examples.length).toBeGreaterThan(0));

  it.each(pages)("%s names only settings that exist", (page) => {
    const known = SETTINGS.map(({ key }) => `${key.join(".")}.`);
    const sections = Object.keys(FileSchema.shape).join("|");
    const keys = new RegExp(`\`((?:${sections})(?:\\.[a-z_]+)+)\``, "g");
    const named = [...read(page).matchAll(keys)].map(([, key]) => key!).filter((key) => !key.endsWith(".ts"));
    expect(named.filter((key) => !known.some((setting) => setting.startsWith(`${key}.`)))).toEqual([]);
  });

  it.each(examples)("the example in $page is a valid file", ({ text }) => {
    const folder = mkdtempSync(join(tmpdir(), "pod-watcher-docs-"));
    try {
      const configFile = join(folder, "config.yaml");
      writeFileSync(configFile, text);
      const loaded = loadConfig({
        env: {
          SLACK_URL: "https://hooks.slack.com/services/T0/B0/x",
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x",
        },
        args: { configFile },
      });
      // Files of secrets and certificates are not here.
      const problems = loaded.ok
        ? []
        : loaded.problems.filter(({ message }) => !/^"\/etc\/.* cannot be read/.test(message));
      expect(problems).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("the values of the chart in the how-to guide are valid", () => {
    const [, values] = /<<'YAML'\n([\s\S]*?)\nYAML/.exec(read("docs/how-to/configure-on-openshift.md"))!;
    expect(FileSchema.safeParse(parse(values!).config).error?.issues ?? []).toEqual([]);
  });

  it("the annotations in the how-to guide are all that exist, and valid", () => {
    const [, example] = /```yaml\n([\s\S]*?)```/.exec(read("docs/how-to/pod-annotations.md"))!;
    const annotations: Record<string, string> = parse(example!).spec.template.metadata.annotations;
    const own = Object.entries(annotations).map(([key, value]) => [key.replace("pod-watcher.io/", ""), value]);
    expect(policyFor(defaultPolicy, Object.fromEntries(own)).problems).toEqual([]);
    const documented = [...read("docs/configuration.md").matchAll(/`pod-watcher\.io\/([a-z-]+)(?:\.ALERT)?`/g)];
    const keys = own.map(([key]) => key!.replace(/\..*/, ""));
    expect([...new Set(documented.map(([, key]) => key!))].toSorted()).toEqual(keys.toSorted());
  });
});

describe("environment variables", () => {
  /** Examples of wrong names, variables of others, and variables of the tests. */
  const OTHERS = [
    "OPENSHIFT_NAMEPACE",
    "OPENSHIFT_BUILD_",
    "POD_WATCHER_TEST_KUBECONFIG",
    "POD_WATCHER_TEST_KUBERNETES",
    "POD_WATCHER_TEST_IMAGE",
    "POD_WATCHER_TEST_FUZZ",
  ];

  it.each([...pages, "deploy/openshift/template.yaml", "Containerfile"])(
    "%s names only variables that exist",
    (page) => {
      const named = read(page).match(/\b(OPENSHIFT|PODMONITOR|POD_WATCHER|RESTART|PM)_[A-Z_]+\b(?!-)/g) ?? [];
      expect(named.filter((name) => !KNOWN_VARIABLES.has(name) && !OTHERS.includes(name))).toEqual([]);
    },
  );

  it("the OpenShift template has the parameters of the Python program", () => {
    const { parameters } = parse(read("deploy/openshift/template.yaml")) as { parameters: { name: string }[] };
    expect(parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "OPENSHIFT_HOST",
        "OPENSHIFT_NAMESPACE",
        "PODMONITOR_FILEPATH",
        "RESTART_THRESHOLD",
        "RESTART_TIMEFRAME",
        "PODMONITOR_INCLUDE_EVENTS",
      ]),
    );
  });
});

describe("alerts", () => {
  const headings = [...read("docs/alerts.md").matchAll(/^## ([A-Z]\w+)$/gm)].map(([, name]) => name);

  it("each alert has a section, and each section an alert", () => {
    expect(headings.toSorted()).toEqual([...ALERTNAMES].toSorted());
  });

  it("each alert has a detector, and each detector an alert", () => {
    expect(DETECTORS.map(({ name }) => name).toSorted()).toEqual([...ALERTNAMES].toSorted());
  });
});

describe("metrics", () => {
  const documented = new Set(
    [...read("docs/metrics.md").matchAll(/^\| `(pod_watcher_\w+)`/gm)].map(([, name]) => name!),
  );
  const text = sources.map((path) => read(path)).join("\n");
  const defined = new Set([...text.matchAll(/name: "(pod_watcher_\w+)"/g)].map(([, name]) => name!));
  const patterns = [...text.matchAll(/name: `(pod_watcher_\w*)\$\{name\}(\w*)`/g)].map(
    ([, begin, end]) => new RegExp(`^${begin}\\w+${end}$`),
  );

  it("each metric is documented", () => {
    expect(defined.size).toBeGreaterThan(5);
    expect([...defined].filter((name) => !documented.has(name) && name !== "pod_watcher_build_info")).toEqual([]);
  });

  it("each documented metric exists", () => {
    const unknown = [...documented].filter(
      (name) => !defined.has(name) && !patterns.some((pattern) => pattern.test(name)),
    );
    expect(unknown).toEqual([]);
  });

  it.each([
    "deploy/helm/pod-watcher/prometheus-rules.yaml",
    "deploy/monitoring/grafana-dashboard.json",
    "docs/operations.md",
    "README.md",
  ])("%s uses only documented metrics", (path) => {
    const used = read(path).match(/\bpod_watcher_\w+/g) ?? [];
    const own = /^pod_watcher_(nodejs|process)_|^pod_watcher_build_info$/;
    const bare = used.map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    expect(bare.filter((name) => !documented.has(name) && !own.test(name))).toEqual([]);
  });
});

describe("events in the log", () => {
  const documented = new Set(
    [
      ...read("docs/operations.md").matchAll(
        /^\| ((?:`[a-z_]+`(?:, )?)+) \| (?:(?:debug|info|warn|error)(?:, )?)+ \|/gm,
      ),
    ]
      .flatMap(([, names]) => [...names!.matchAll(/`([a-z_]+)`/g)])
      .map(([, name]) => name!),
  );
  const text = sources.map((path) => read(path)).join("\n");
  const written = [...text.matchAll(/\bevent: "([a-z_]+)"(?:,| \})/g)].map(([, name]) => name!);
  const changes = [...read("src/telemetry/access-events.ts").matchAll(/: \["([a-z_]+)", "/g)].map(([, name]) => name!);
  const states = ["pending", "firing", "resolved", "inactive"].map((state) => `alert_${state}`);
  const events = new Set([...written, ...changes, ...states]);

  it("each event is documented", () => {
    expect(events.size).toBeGreaterThan(40);
    expect([...events].filter((name) => !documented.has(name))).toEqual([]);
  });
  it("each documented event is written", () => {
    expect([...documented].filter((name) => !events.has(name))).toEqual([]);
  });
  it("the runbook names only events that are written", () => {
    const named = [...read("docs/operations.md").matchAll(/`event: ([a-z_]+)`/g)].map(([, name]) => name!);
    expect(named.filter((name) => !events.has(name))).toEqual([]);
  });
});

describe("the reload behavior of each setting is documented", () => {
  const section = /## Reload\n([\s\S]*?)\n## /.exec(read("docs/operations.md"))![1]!;
  const listed = (from: RegExp) => [...from.exec(section)![0].matchAll(/`([a-z_.]+)`/g)].map(([, key]) => key!);

  const isListed = (key: string, keys: readonly string[]) => keys.some((start) => `${key}.`.startsWith(`${start}.`));
  const atOnce = listed(/At once:[^.]*(\.[a-z][^.]*)*/);
  const later = listed(/At the next start:[^.]*/);

  it.each(SETTINGS.map(({ key, meta }) => [key.join("."), meta.reload ?? "restart"]))("%s: %s", (key, reload) => {
    expect(isListed(key, atOnce)).toBe(reload === "immediate");
    if (reload === "restart") expect(isListed(key, later)).toBe(true);
  });
});

describe("routes", () => {
  const documented = new Set(
    [...read("docs/api.md").matchAll(/`((?:GET|POST|PUT|DELETE) \/[^\s`]*)`/g)].map(([, route]) => route!),
  );
  /** Screens and files of the page, and the other formats of the OpenAPI document. */
  const own =
    /^GET \/(\*|page\.css|containers|incidents\/.*|silences|notifications|activity|wall|configuration|api\/docs\/.*)$/;
  const routes = Object.keys(RULES)
    .map((route) => route.replace(/:(\w+)/g, "{$1}"))
    .filter((route) => !own.test(route));

  it("each route is documented", () => expect(routes.filter((route) => !documented.has(route))).toEqual([]));
  it("start with a segment that a path prefix cannot start with", () => {
    const first = Object.keys(RULES).map((route) => route.split("/")[1] ?? "");
    expect(first.filter((name) => name !== "" && name !== "*" && !OWN_PATHS.has(name))).toEqual([]);
  });
  it("each documented route exists", () => {
    expect([...documented].filter((route) => !routes.includes(route))).toEqual([]);
  });
});

it("ARCHITECTURE.md shows the layers of the architecture test", () => {
  const [, layers] = /"\.": \[\n([\s\S]*?)\n {2}\],/.exec(read("test/architecture.test.ts"))!;
  const names = layers!.split("\n").map((line) => [...line.matchAll(/"(\w+)"/g)].map(([, name]) => name).join(", "));
  expect(read("ARCHITECTURE.md")).toContain(names.join(" → "));
});

describe("decisions", () => {
  it("are listed in the index, each with its title", () => {
    const decisions = globSync("docs/adr/[0-9]*.md", { cwd: ROOT }).toSorted();
    const rows = decisions.map((path) => {
      const [, number, title] = /^# (\d+): (.+)$/m.exec(read(path))!;
      return `| [${number}](${basename(path)}) | ${title} |`;
    });
    expect(
      read("docs/adr/README.md")
        .split("\n")
        .filter((line) => /^\| \[\d/.test(line)),
    ).toEqual(rows);
  });
});

describe("files", () => {
  it.each(pages)("%s names only files that exist", (page) => {
    const named = [...read(page).matchAll(/`((?:src|ui|packages|test|scripts|bench|deploy|docs)\/[\w./-]*)`/g)];
    const paths = named.map(([, path]) => path!).filter((path) => !/\.gz$|dist\//.test(path));
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("links", () => {
  it.each(pages)("%s has no dead links", (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => target!);
    const dead = targets.filter((target) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(read(file)).has(anchor);
    });
    expect(dead).toEqual([]);
  });
});

function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .trim()
        .replace(/\s/g, "-"),
    ),
  );
}
