import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../../../src/config/load.ts";
import { configurationYaml, nameProblem, RECEIVER_KINDS, type Setup, secretCommand } from "./setup.ts";

const folder = mkdtempSync(join(tmpdir(), "pod-watcher-set-up-"));
const slack = RECEIVER_KINDS[0] as Setup["kind"];
const setup: Setup = {
  kind: slack,
  name: "team-shop",
  fields: {},
  matchers: [],
  existing: undefined,
  isHelm: false,
  cli: "oc",
};

describe("the configuration that the page proposes is valid", () => {
  it.each(RECEIVER_KINDS)("$type", (kind) => {
    const matchers = ['namespace="shop"', 'severity="critical"'];
    const on = "\n  - { name: on-call, type: kubernetes_events }";
    for (const [part, others] of [
      [{}, ""],
      [{ existing: "on-call" }, on],
      [{ existing: "on-call", matchers }, on],
    ] as const) {
      const file = join(folder, "config.yaml");
      const yaml = configurationYaml({ ...setup, kind, ...part });
      writeFileSync(file, yaml.replace("receivers:", `receivers:${others}`));
      const variable = `TEAM_SHOP_${kind.secret?.key.toUpperCase()}`;
      const env = kind.secret === undefined ? {} : { [variable]: "https://hooks.example/T0/B0" };
      const result = loadConfig({ env, args: { configFile: file } });
      expect(result).toMatchObject({ ok: true });
    }
  });

  it("also as values of Helm, with the variable from the Secret", () => {
    const values = parse(configurationYaml({ ...setup, isHelm: true }));
    expect(values).toEqual({
      config: {
        receivers: [{ name: "team-shop", type: "slack", url_env: "TEAM_SHOP_URL" }],
        route: { receiver: "team-shop" },
      },
      env: [
        {
          name: "TEAM_SHOP_URL",
          valueFrom: { secretKeyRef: { name: "pod-watcher-team-shop", key: "TEAM_SHOP_URL" } },
        },
      ],
    });
  });
});

it("reads the secret from the terminal, not from an argument", () => {
  expect(secretCommand(setup)).toBe(
    [
      "read -rs VALUE &&",
      'printf %s "$VALUE" | oc create secret generic pod-watcher-team-shop --from-file=TEAM_SHOP_URL=/dev/stdin &&',
      "oc set env deployment/pod-watcher --from=secret/pod-watcher-team-shop",
    ].join("\n"),
  );
  expect(secretCommand({ ...setup, isHelm: true })).not.toContain("set env");
  expect(secretCommand({ ...setup, name: "1st_Team." })).toContain("pod-watcher-1st-team --from-file=R_1ST_TEAM_URL");
});

it("accepts the names that the configuration accepts", () => {
  expect(nameProblem("team-shop")).toBeUndefined();
  expect(nameProblem('a"b')).toMatch(/^At most 63/);
});
