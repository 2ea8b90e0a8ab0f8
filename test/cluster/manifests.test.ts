/** Whether an API server takes what deploy/ has, and whether the smaller role is enough. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCli } from "../support/cli-process.ts";
import { type Manifest, renderedCharts, shippedManifests } from "../support/manifests.ts";
import { openRealCluster, type RealCluster } from "../support/real-cluster.ts";

const kubeconfig = process.env.POD_WATCHER_TEST_KUBECONFIG;

if (kubeconfig) describe("a real API server", () => askRealServer(kubeconfig));
else
  it("a real API server", (context) =>
    context.skip("not run: Go is not installed, and POD_WATCHER_TEST_KUBECONFIG names no admin kubeconfig"));

function askRealServer(adminKubeconfig: string): void {
  let cluster: RealCluster;
  let namespace: string;
  beforeAll(async () => {
    cluster = await openRealCluster(adminKubeconfig);
    [namespace] = cluster.namespaces;
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await cluster.request("PATCH", `/api/v1/namespaces/${namespace}`, { metadata: { labels } }, MERGE);
  });
  afterAll(async () => cluster?.[Symbol.asyncDispose]());

  it.for(shippedManifests())("would take everything of %s", async ([, all], context) => {
    if (all.length === 0) context.skip("kubectl is not installed, which puts it together");
    const { groups } = (await cluster.request("GET", "/apis")) as { groups: { name: string }[] };
    const served = new Set(["v1", ...groups.map(({ name }) => name)]);
    for (const manifest of all) {
      const { apiVersion, kind, metadata } = manifest;
      // Those of OpenShift and of the Prometheus operator are not everywhere.
      if (/^(Route|ServiceMonitor|PrometheusRule)$/.test(kind) && !served.has(apiVersion.split("/")[0])) continue;
      const path = `${collection(apiVersion, kind)}/${metadata.name}?dryRun=All&fieldManager=test&fieldValidation=Strict`;
      const body = { ...manifest, metadata: { ...metadata, namespace } };
      await expect(cluster.request("PATCH", path, body, "application/apply-patch+yaml")).resolves.toMatchObject({
        kind,
      });
    }
  });

  const pods = shippedManifests().flatMap(([source, all]) =>
    all.filter(({ kind }) => kind === "Deployment").map(({ spec }) => [source, spec.template] as const),
  );
  it.each(pods)("would run the pod of %s where Pod Security is restricted", async (_source, { metadata, spec }) => {
    const pod = {
      metadata: { ...metadata, generateName: "pod-watcher-" },
      spec: { ...spec, serviceAccountName: "watcher" },
    };
    await expect(cluster.request("POST", `${collection("v1", "Pod")}?dryRun=All`, pod)).resolves.toBeDefined();
    const rooted = { ...pod, spec: { ...pod.spec, securityContext: {} } };
    await expect(cluster.request("POST", `${collection("v1", "Pod")}?dryRun=All`, rooted)).rejects.toThrow(
      /violates PodSecurity/,
    );
  });

  it("lets the program watch with the chart's own role, and nothing is missing", async () => {
    const role = renderedCharts()
      .flatMap(([, all]) => all)
      .find(({ kind, metadata }: Manifest) => kind === "Role" && metadata.name.endsWith("-own"));
    const rbac = "rbac.authorization.k8s.io/v1";
    await cluster.request("POST", collection(rbac, "Role"), { metadata: { name: "own" }, rules: role.rules });
    await cluster.request("POST", collection("v1", "ServiceAccount"), { metadata: { name: "small" } });
    await cluster.request("POST", collection(rbac, "RoleBinding"), {
      metadata: { name: "own" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "own" },
      subjects: [{ kind: "ServiceAccount", name: "small", namespace }],
    });
    const account = `${collection("v1", "ServiceAccount")}/small/token`;
    const issued = await cluster.request("POST", account, { spec: { expirationSeconds: 3600 } });
    const { token } = (issued as { status: { token: string } }).status;
    const folder = mkdtempSync(join(tmpdir(), "pod-watcher-role-"));
    const caFile = join(folder, "ca.pem");
    if (cluster.ca !== undefined) writeFileSync(caFile, cluster.ca);
    try {
      await using check = startCli(["check", "--namespace", namespace], {
        OPENSHIFT_HOST: cluster.host,
        OPENSHIFT_TOKEN: token,
        ...(cluster.ca !== undefined && { OPENSHIFT_CA_FILE: caFile }),
      });
      expect([await check.ended, check.stderr()]).toEqual([0, ""]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  // The control plane of the tests is not OpenShift.
  if (process.env.POD_WATCHER_TEST_CONTROL_PLANE === undefined) listProjects();

  function listProjects(): void {
    it("lists a project of OpenShift to those who may get its namespace", async (context) => {
      const { groups } = (await cluster.request("GET", "/apis")) as { groups: { name: string }[] };
      if (!groups.some(({ name }) => name === "project.openshift.io")) context.skip("the cluster has no projects API");
      // The account of the test before, which has the chart's own role.
      const issued = await cluster.request("POST", `${collection("v1", "ServiceAccount")}/small/token`, { spec: {} });
      const { token } = (issued as { status: { token: string } }).status;
      const folder = mkdtempSync(join(tmpdir(), "pod-watcher-projects-"));
      const caFile = join(folder, "ca.pem");
      if (cluster.ca !== undefined) writeFileSync(caFile, cluster.ca);
      try {
        await using check = startCli(["check"], {
          OPENSHIFT_HOST: cluster.host,
          OPENSHIFT_TOKEN: token,
          ...(cluster.ca !== undefined && { OPENSHIFT_CA_FILE: caFile }),
        });
        expect([await check.ended, check.stderr()]).toEqual([0, ""]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  function collection(apiVersion: string, kind: string): string {
    const plural = `${kind.toLowerCase().replace(/y$/, "ie").replace(/ss$/, "sse")}s`;
    return `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}/namespaces/${namespace}/${plural}`;
  }
}

const MERGE = "application/merge-patch+json";
