/** Which projects are discovered, with the permissions that the shipped chart and documentation grant. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "@pod-watcher/simulator";
import type { Rule } from "@pod-watcher/simulator/server/access";
import { expect, it } from "vitest";
import { createApiRequest } from "../../src/kubernetes/api/api-request.ts";
import { createNamespaces } from "../../src/kubernetes/api/namespaces.ts";
import { createTransport } from "../../src/kubernetes/transport/transport.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { renderedCharts } from "../support/manifests.ts";

interface RbacRule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const chartRole: readonly RbacRule[] = renderedCharts()
  .flatMap(([, all]) => all)
  .find(({ kind, metadata }) => kind === "Role" && metadata.name.endsWith("-own")).rules;

/** openshift-apiserver lists a project only to those who may `get` its namespace. */
async function discover(granted: Readonly<Record<string, readonly Rule[]>>) {
  const clock = systemClock;
  await using simulator = await startSimulator({ clock, openshift: true, namespaces: ["shop", "images", "other"] });
  const user = "system:serviceaccount:monitoring:pod-watcher";
  const token = simulator.token([]);
  for (const [namespace, rules] of Object.entries(granted)) simulator.access.bind(user, namespace, rules);
  await using transport = createTransport({
    clock,
    access: {
      server: new URL(simulator.url),
      ca: async () => simulator.caPem,
      clientCertificate: async () => undefined,
      insecureSkipTlsVerify: false,
      authorization: async () => `Bearer ${token}`,
      invalidate: () => {},
      namespace: "monitoring",
      description: "a test",
    },
  });
  const request = createApiRequest(transport, clock);
  using discovery = createNamespaces({ request, clock, configured: [], own: "monitoring", user: () => user });
  const found = Promise.withResolvers<readonly string[]>();
  let problem: string | undefined;
  discovery.start({
    changed: found.resolve,
    problem: (message) => {
      problem = message;
    },
  });
  const namespaces = await found.promise;
  // The reason follows in the same turn.
  await Promise.resolve();
  return { namespaces, problem };
}

it("discovers a project where the chart's smaller role is bound", async () => {
  expect(await discover({ shop: chartRole })).toEqual({ namespaces: ["shop"], problem: undefined });
});

it("grants the same with the documented commands as with the chart", () => {
  const operations = readFileSync(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
  const [, verbs, resource] = /oc create role pod-watcher -n shop --verb=(\S+) --resource=(\S+)/.exec(operations)!;
  const [, patch] = /oc patch role pod-watcher -n shop --type=json -p '(\[[\s\S]*?\])'/.exec(operations)!;
  const added: { value: RbacRule }[] = JSON.parse(patch!);
  const documented = [{ resources: [resource!], verbs: verbs!.split(",") }, ...added.map(({ value }) => value)];
  const sorted = (rules: readonly RbacRule[]) =>
    rules.flatMap(({ resources, verbs }) => verbs.map((verb) => `${verb} ${resources.join()}`)).toSorted();
  expect(sorted(documented)).toEqual(sorted(chartRole));
  expect(sorted(chartRole)).toContain("get namespaces");
});

it("skips a project where pods may not be listed, such as with registry-viewer, and says so", async () => {
  const registryViewer = [{ verbs: ["get"], resources: ["namespaces"] }];
  const { namespaces, problem } = await discover({ shop: chartRole, images: registryViewer });
  expect(namespaces).toEqual(["shop"]);
  expect(problem).toContain("1 project is skipped because this account may not list pods there: images.");
});

it("watches nothing for an account that sees no project, and names the command that grants view", async () => {
  const { namespaces, problem } = await discover({});
  expect(namespaces).toEqual([]);
  expect(problem).toContain("oc policy add-role-to-user view system:serviceaccount:monitoring:pod-watcher -n PROJECT");
});
