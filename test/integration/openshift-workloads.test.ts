/** Refused pods and builds of OpenShift, from the simulated cluster to the alert. */
import { startSimulator } from "@pod-watcher/simulator";
import { createCluster } from "@pod-watcher/simulator/cluster/cluster";
import { seededRandom } from "@pod-watcher/simulator/model/clocks";
import { expect, it } from "vitest";
import { inspectControllers } from "../../src/core/detect/cannot-create-pods.ts";
import { createReplayEvaluator, type ReplayEvaluator } from "../../src/core/evaluate/replay.ts";
import type { PodSnapshot } from "../../src/core/model/pod.ts";
import { defaultPolicy } from "../../src/core/model/policy.ts";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { createApiRequest } from "../../src/kubernetes/api/api-request.ts";
import { createControllerEvents } from "../../src/kubernetes/api/controller-events.ts";
import { createWatchDecoder } from "../../src/kubernetes/decode/decoder.ts";
import { createInterner } from "../../src/kubernetes/decode/interner.ts";
import { createTransport } from "../../src/kubernetes/transport/transport.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { createFakeClock } from "../support/fake-clock.ts";

it("names the security context constraint and the user that it refuses", async () => {
  const clock = systemClock;
  await using simulator = await startSimulator({ clock, openshift: true, namespaces: ["shop"] });
  const token = simulator.token(["shop"]);
  simulator.cluster.createDeployment({
    namespace: "shop",
    name: "web",
    containers: [{ name: "web", runAsUser: 1001 }],
  });
  await using transport = createTransport({
    clock,
    access: {
      server: new URL(simulator.url),
      ca: async () => simulator.caPem,
      clientCertificate: async () => undefined,
      insecureSkipTlsVerify: false,
      authorization: async () => `Bearer ${token}`,
      invalidate: () => {},
      namespace: "shop",
      description: "a test",
    },
  });
  const events = await createControllerEvents(createApiRequest(transport, clock)).list("shop");
  const [finding] = inspectControllers(events, clock.now()).findings;
  expect(finding?.labels.workload).toBe("Deployment/web");
  expect(finding?.annotations.cause).toBe("SecurityContextConstraint");
  expect(finding?.annotations.summary).toContain("SCC restricted-v2 refuses runAsUser 1001");
  expect(finding?.annotations.description).not.toContain("anyuid");
});

/** An instance of the core that sees pods as they are decoded. */
interface Instance {
  readonly evaluator: ReplayEvaluator;
  see(pod: PodSnapshot, listing?: boolean): void;
}

function builds() {
  const clock = createFakeClock({ now: Date.UTC(2026, 10, 22, 12), random: seededRandom(3) });
  const cluster = createCluster({ clock, openshift: true });
  cluster.createBuildConfig({ namespace: "shop", name: "web" });
  const interner = createInterner();
  const decoded = (object: object): PodSnapshot => {
    const seen: PodSnapshot[] = [];
    const sink = { pod: (_type: string, pod: PodSnapshot) => void seen.push(pod), bookmark: () => {}, error: () => {} };
    const decoder = createWatchDecoder("application/json", sink, interner);
    decoder.push(
      Buffer.from(`${JSON.stringify({ type: "MODIFIED", object: { kind: "Pod", apiVersion: "v1", ...object } })}\n`),
    );
    decoder.end();
    return seen[0]!;
  };
  const start = (): Instance => {
    const evaluator = createReplayEvaluator(defaultPolicy);
    const see = (pod: PodSnapshot, listing = false) =>
      void evaluator.evaluate({ type: "updated", pod, ...(listing && { listing }) }, clock.now());
    for (const { object, revision } of cluster.storage.pods.entries()) {
      see(decoded({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }), true);
    }
    evaluator.listed(clock.now());
    cluster.storage.pods.subscribe(({ type, entry: { object, revision } }) => {
      const pod = decoded({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
      if (type === "DELETED") evaluator.evaluate({ type: "removed", pod, reason: "deleted" }, clock.now());
      else see(pod);
    });
    return { evaluator, see };
  };
  const build = async (exitCode: number) => {
    cluster.startBuild("web", { after: 10 * SECOND, exitCode });
    await clock.advance(MINUTE);
  };
  return { start, build };
}

const firing = ({ evaluator }: Instance) =>
  [...evaluator.alerts.values()]
    .filter(({ state }) => state.name === "firing")
    .map(({ labels }) => `${labels.alertname} ${labels.workload}`);

it("instances that saw different parts of the history of builds agree after each build", async () => {
  const { start, build } = builds();
  const instances = [start()];
  // Enough builds for the oldest pods to be removed.
  for (const exitCode of [1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0]) {
    await build(exitCode);
    instances.push(start());
    for (const instance of instances) {
      expect(firing(instance)).toEqual(exitCode === 0 ? [] : ["PodFailed BuildConfig/web"]);
    }
  }
});

it("a start after the successful build raises no alert for the failure before, whose pod stays", async () => {
  const { start, build } = builds();
  await build(1);
  await build(0);
  expect([...start().evaluator.alerts.values()]).toEqual([]);
});
