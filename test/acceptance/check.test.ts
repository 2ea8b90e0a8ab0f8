import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCli } from "../support/cli-process.ts";
import { type Stage, setStage } from "../support/running-app.ts";

/** `pod-watcher check` as Nagios and scripts run it: exit code, stdout and stderr of a process. */
async function check(env: Readonly<Record<string, string>>, ...args: string[]) {
  await using cli = startCli(["check", ...args], env);
  return { code: await cli.ended, out: cli.stdout(), err: cli.stderr() };
}

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ namespaces: ["shop", "billing"] });
});
afterAll(() => stage[Symbol.asyncDispose]());

/** The environment of the stage without its namespaces. */
function withoutNamespaces(): Record<string, string> {
  const { OPENSHIFT_NAMESPACE: _, ...env } = stage.env;
  return env;
}

describe("a server that accepts connections and never answers", () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on("error", () => {})));
  let env: Record<string, string>;
  beforeAll(async () => {
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    env = { OPENSHIFT_HOST: `127.0.0.1:${port}`, OPENSHIFT_TOKEN: "sha256~nobody" };
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it.each([
    ["named namespaces", ["-n", "shop", "billing"], "could not check billing, shop: "],
    ["namespaces to be discovered", [], ""],
  ])("is UNKNOWN after --timeout, with %s", async (_what, args, where) => {
    const { code, out, err } = await check(env, ...args, "--timeout", "1", "--format", "nagios");
    expect([code, err]).toEqual([3, ""]);
    expect(out).toBe(
      `POD WATCHER UNKNOWN - ${where}the API server ${env.OPENSHIFT_HOST} did not answer within 1 s (--timeout)\n`,
    );
  });

  it("says so on stderr for people and scripts", async () => {
    const { code, out, err } = await check(env, "--timeout", "0.5");
    expect([code, out]).toEqual([3, ""]);
    expect(err).toBe(`pod-watcher: the API server ${env.OPENSHIFT_HOST} did not answer within 0.5 s (--timeout)\n`);
  });
});

describe("with --format nagios, what stops the check is one line on stdout and the exit code is 3", () => {
  it.each([
    ["an unknown option", {}, ["--timout", "3"], "error: unknown option '--timout' (Did you mean --timeout?)"],
    [
      "a timeout that is not a number",
      {},
      ["-t", "soon"],
      "error: option '-t, --timeout <seconds>' argument 'soon' is invalid. Use a number of seconds, such as 20.",
    ],
    ["an empty namespace", {}, [""], "an empty name of a namespace: name the namespaces to check, such as shop"],
    [
      "an empty -n, as from an unset macro",
      {},
      ["-n", ""],
      "an empty name of a namespace: name the namespaces to check, such as shop",
    ],
    ["an invalid namespace", {}, ["no such"], '"no such" is not the name of a namespace'],
    ["a missing configuration file", {}, ["-c", "/no/such.yaml"], "/no/such.yaml"],
    [
      "two mistakes",
      { RESTART_THRESHOLD: "abc", OPENSHIFT_NAMEPACE: "x" },
      [],
      'OPENSHIFT_NAMEPACE: is not a known variable: did you mean OPENSHIFT_NAMESPACE? RESTART_THRESHOLD: "abc" is not a whole number',
    ],
    [
      "no token",
      { OPENSHIFT_HOST: "127.0.0.1:1", OPENSHIFT_TOKEN: "" },
      ["shop"],
      "no token for the API server 127.0.0.1:1",
    ],
    [
      "no cluster",
      { OPENSHIFT_HOST: "", OPENSHIFT_TOKEN: "", OPENSHIFT_CA_FILE: "" },
      ["shop"],
      "no API server configured",
    ],
    ["a CA file that does not exist", { OPENSHIFT_CA_FILE: "/no/such.pem" }, ["shop"], "/no/such.pem"],
  ])("%s", async (_what, env, args, reason) => {
    const { code, out, err } = await check({ ...stage.env, ...env }, ...args, "--format=nagios");
    expect([code, err]).toEqual([3, ""]);
    expect(out).toMatch(/^POD WATCHER UNKNOWN - [^|\n]+\n$/);
    expect(out).toContain(reason);
  });
});

describe("the first line of UNKNOWN has the reason, once, and no performance data", () => {
  it.each([
    [
      "a wrong token",
      { OPENSHIFT_TOKEN: "sha256~nobody" },
      /^could not check billing, shop: the API server rejects the credentials \(401\)/,
    ],
    [
      "an untrusted certificate",
      { OPENSHIFT_CA_FILE: "" },
      /^could not check billing, shop: .*its certificate is not signed by a trusted CA/,
    ],
    [
      "a port where nothing listens",
      { OPENSHIFT_HOST: "127.0.0.1:1" },
      /^could not check billing, shop: .*nothing listens at this address/,
    ],
    [
      "a host that does not exist",
      { OPENSHIFT_HOST: "no.such.invalid:6443" },
      /^could not check billing, shop: .*(the host does not exist|cannot be resolved)/,
    ],
  ])("%s", async (_what, env, reason) => {
    const { code, out, err } = await check({ ...stage.env, ...env }, "--format", "nagios");
    expect([code, err]).toEqual([3, ""]);
    const [first = "", ...more] = out.split("\n");
    expect(first).not.toContain("|");
    expect(first.replace("POD WATCHER UNKNOWN - ", "")).toMatch(reason);
    expect(more.join("\n")).not.toMatch(/401|trusted CA|nothing listens|does not exist|resolved/);
    expect(out).not.toContain("nobody");
  });

  it.each([
    ["a wrong token", { OPENSHIFT_TOKEN: "sha256~nobody" }, /rejects the credentials \(401\)/],
    ["a port where nothing listens", { OPENSHIFT_HOST: "127.0.0.1:1" }, /nothing listens at this address/],
  ])("%s, without namespaces", async (_what, env, reason) => {
    const { code, out, err } = await check({ ...withoutNamespaces(), ...env }, "--format", "nagios");
    expect([code, err]).toEqual([3, ""]);
    expect(out).toMatch(/^POD WATCHER UNKNOWN - [^|\n]+\n$/);
    expect(out).toMatch(reason);
  });

  it("no permission in one of two namespaces", async () => {
    await using own = await setStage({ namespaces: ["shop", "billing"], permitted: ["shop"] });
    const { code, out } = await check(own.env, "--format", "nagios");
    expect(code).toBe(3);
    const [first, ...more] = out.split("\n");
    expect(first).toBe(
      "POD WATCHER UNKNOWN - no problems: 0 pods in shop; could not check billing: not allowed to list its pods (403)",
    );
    expect(more.join("\n")).toMatch(/kubectl create rolebinding pod-watcher-view .* -n billing\n$/);
  });

  it("no namespace at all", async () => {
    const { code, out } = await check(
      { ...withoutNamespaces(), OPENSHIFT_TOKEN: stage.simulator.token([]) },
      "--format",
      "nagios",
    );
    expect(code).toBe(3);
    expect(out).toMatch(/^POD WATCHER UNKNOWN - No namespace to watch: [^|\n]*pod-watcher check NAMESPACE[^|\n]*\n$/);
  });
});

it("does not wait for a credential plugin that hangs", async () => {
  const kubeconfig = join(stage.folder, "kubeconfig");
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sleep",
    args: ["55"],
    interactiveMode: "Never",
  };
  const config = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [
      { name: "c", cluster: { server: stage.simulator.url, "certificate-authority": stage.env.OPENSHIFT_CA_FILE } },
    ],
    users: [{ name: "u", user: { exec } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const startedAt = performance.now();
  const { code, out } = await check({ KUBECONFIG: kubeconfig }, "shop", "-t", "1", "-f", "nagios");
  expect([code, out]).toEqual([3, expect.stringMatching(/^POD WATCHER UNKNOWN - .* within 1 s \(--timeout\)\n$/)]);
  expect(performance.now() - startedAt).toBeLessThan(50_000);
});

describe("namespaces", () => {
  it.each([
    ["as arguments", ["shop", "billing"], "billing, shop"],
    ["separated by commas", ["shop,billing"], "billing, shop"],
    ["as an option", ["-n", "shop"], "shop"],
    ["as both", ["billing", "-n", "shop"], "billing, shop"],
  ])("%s", async (_what, args, named) => {
    const { code, out } = await check(withoutNamespaces(), ...args);
    expect([code, out]).toEqual([0, `no problems: 0 pods in ${named}\n`]);
  });
});

it("is JSON with --format json when nothing could be checked", async () => {
  const { code, out } = await check({ ...withoutNamespaces(), OPENSHIFT_HOST: "127.0.0.1:1" }, "--format", "json");
  expect(code).toBe(3);
  expect(JSON.parse(out)).toMatchObject({
    status: "UNKNOWN",
    exitCode: 3,
    problem: expect.stringContaining("nothing listens at this address"),
    namespaces: [],
    alerts: [],
  });
});

it("a usage error of any format is UNKNOWN, not a warning about the pods", async () => {
  const { code, out, err } = await check(stage.env, "--timout", "3");
  expect([code, out]).toEqual([3, ""]);
  expect(err).toBe(
    "error: unknown option '--timout'\n(Did you mean --timeout?)\n(pod-watcher check --help shows the options)\n",
  );
});
