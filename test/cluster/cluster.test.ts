import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { openRealCluster, type RealCluster } from "../support/real-cluster.ts";
import { type WatchingProgram, watchWithProgram } from "../support/watching-program.ts";

const kubeconfig = process.env.POD_WATCHER_TEST_KUBECONFIG;
const image = process.env.POD_WATCHER_TEST_IMAGE;
/** The control plane of the tests has no nodes, and is not OpenShift. */
const isComplete = process.env.POD_WATCHER_TEST_CONTROL_PLANE === undefined;

if (kubeconfig) describe("a real cluster", () => watchRealCluster(kubeconfig));
else
  it("a real cluster", (context) =>
    context.skip("not run: Go is not installed, and POD_WATCHER_TEST_KUBECONFIG names no admin kubeconfig"));

function watchRealCluster(adminKubeconfig: string): void {
  let cluster: RealCluster;
  let program: WatchingProgram;

  const due = () => program.alerts();
  const pods = () => `/api/v1/namespaces/${cluster.namespaces[0]}/pods`;

  beforeAll(async () => {
    cluster = await openRealCluster(adminKubeconfig);
    program = await watchWithProgram(cluster, cluster.namespaces);
  });

  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  it("watches the namespace with the role view, and reports the other one with the command that grants access", async () => {
    const [watched, forbidden] = cluster.namespaces;
    await expect.poll(program.states, { timeout: 30_000 }).toEqual({ [watched]: "live", [forbidden]: "forbidden" });
    await expect.poll(due, { timeout: 30_000 }).toContainEqual(
      expect.objectContaining({
        alertname: "NamespaceNotWatched",
        namespace: forbidden,
        description: expect.stringContaining(`--serviceaccount=${watched}:watcher -n ${forbidden}`),
      }),
    );
  });

  it("fires for a CrashLoopBackOff status, on a pod that is not bound to a node", async () => {
    const name = "crash";
    await cluster.request("POST", pods(), {
      metadata: { name },
      // The scheduler does not exist, so only this test writes the status.
      spec: { schedulerName: "nobody", containers: [{ name: "app", image: "registry.invalid/app:1" }] },
    });
    await setStatus(name, {
      restartCount: 3,
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
    });
    await expect
      .poll(due, { timeout: 30_000 })
      .toContainEqual(expect.objectContaining({ alertname: "PodCrashLooping", podLongName: name }));
  });

  it("resolves when the pod is deleted", async () => {
    await cluster.request("DELETE", `${pods()}/crash?gracePeriodSeconds=0`);
    await expect
      .poll(async () => (await due()).find(({ podLongName }) => podLongName === "crash"), { timeout: 30_000 })
      .toMatchObject({ resolvedAt: expect.any(String) });
  });

  it("fires for workloads that cannot create pods, and resolves when they are deleted", async () => {
    const [namespace] = cluster.namespaces;
    const level = (enforce: string | null) =>
      cluster.request("PATCH", `/api/v1/namespaces/${namespace}`, labels(enforce), "application/merge-patch+json");
    await cluster.request("POST", `/api/v1/namespaces/${namespace}/resourcequotas`, {
      metadata: { name: "none" },
      spec: { hard: { pods: "0" } },
    });
    await level("restricted");
    const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const image = "registry.invalid/app:1";
    await cluster.request("POST", deployments, deployment("over-quota", image, RESTRICTED));
    await cluster.request("POST", deployments, deployment("insecure", image));
    for (const [name, why] of [
      ["over-quota", /exceeded quota: none/],
      ["insecure", /violates PodSecurity/],
    ] as const) {
      await expect
        .poll(workloadAlert(name), { timeout: 100_000, interval: 1_000 })
        .toMatchObject({ description: expect.stringMatching(why) });
      await cluster.request("DELETE", `${deployments}/${name}`);
    }
    for (const name of ["over-quota", "insecure"]) {
      await expect
        .poll(workloadAlert(name), { timeout: 100_000, interval: 1_000 })
        .toMatchObject({ resolvedAt: expect.any(String) });
    }
    await level(null);
    await cluster.request("DELETE", `/api/v1/namespaces/${namespace}/resourcequotas/none`);
  }, 240_000);

  if (isComplete) onCompleteCluster();

  function onCompleteCluster(): void {
    it("OpenShift: names the security context constraint that refuses a user", async (context) => {
      await requireGroup("security.openshift.io", context);
      const [namespace] = cluster.namespaces;
      const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
      await cluster.request("POST", deployments, deployment("rooted", "registry.invalid/app:1", { runAsUser: 1001 }));
      await expect.poll(workloadAlert("rooted"), { timeout: 100_000, interval: 1_000 }).toMatchObject({
        summary: expect.stringMatching(/SCC \S+ refuses runAsUser 1001/),
      });
      await cluster.request("DELETE", `${deployments}/rooted`);
    }, 120_000);

    it("OpenShift: says nothing yet about a workload whose image trigger has not set its image", async (context) => {
      await requireGroup("image.openshift.io", context);
      const [namespace] = cluster.namespaces;
      const streams = `/apis/image.openshift.io/v1/namespaces/${namespace}/imagestreams`;
      await cluster.request("POST", streams, { metadata: { name: "empty" } });
      const from = { kind: "ImageStreamTag", name: "empty:latest" };
      const triggers = JSON.stringify([{ from, fieldPath: 'spec.template.spec.containers[?(@.name=="app")].image' }]);
      const body = deployment("empty", " ", undefined, { "image.openshift.io/triggers": triggers });
      await cluster.request("POST", `/apis/apps/v1/namespaces/${namespace}/deployments`, body);
      const failures = `/api/v1/namespaces/${namespace}/events?fieldSelector=reason=FailedCreate`;
      const messages = async () => JSON.stringify(await cluster.request("GET", failures));
      await expect.poll(messages, { timeout: 60_000 }).toContain("must not have leading or trailing whitespace");
      // The events of a namespace are read every minute.
      await expect(cluster.request("GET", `${streams}/empty`)).resolves.toMatchObject({ kind: "ImageStream" });
      expect(await workloadAlert("empty")()).toBeUndefined();
    }, 120_000);

    it("fires for a container that really crashes", async (context) => {
      if (!image) context.skip("not run: POD_WATCHER_TEST_IMAGE names no image with a shell");
      await cluster.request("POST", pods(), {
        metadata: { name: "really" },
        spec: { containers: [{ name: "app", image, command: ["sh", "-c", "sleep 1; exit 3"] }] },
      });
      await expect
        .poll(due, { timeout: 100_000 })
        .toContainEqual(expect.objectContaining({ alertname: "PodCrashLooping", podLongName: "really" }));
    });
  }

  async function requireGroup(group: string, context: TestContext): Promise<void> {
    const { groups } = (await cluster.request("GET", "/apis")) as { groups: { name: string }[] };
    if (!groups.some(({ name }) => name === group)) context.skip(`not run: the cluster does not serve ${group}`);
  }

  function workloadAlert(name: string) {
    return async () =>
      (await due()).find((alert) => {
        return alert.alertname === "WorkloadCannotCreatePods" && alert.workload === `Deployment/${name}`;
      });
  }

  async function setStatus(name: string, status: object): Promise<void> {
    const containerStatuses = [{ name: "app", image: "app:1", imageID: "", ready: false, started: false, ...status }];
    const body = { status: { phase: "Running", containerStatuses } };
    await cluster.request("PATCH", `${pods()}/${name}/status`, body, "application/merge-patch+json");
  }
}

/** A security context that the Pod Security level "restricted" accepts. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

/** Null removes the label. */
function labels(enforce: string | null): object {
  return { metadata: { labels: { "pod-security.kubernetes.io/enforce": enforce } } };
}

function deployment(name: string, image: string, securityContext?: object, annotations: object = {}): object {
  return {
    metadata: { name, annotations },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "app", image, ...(securityContext && { securityContext }) }] },
      },
    },
  };
}
