/** The stories of the demo: each repeats the failures of one workload. Durations are in cluster time. */
import { type Duration, MINUTE, SECOND } from "../../../../src/core/model/time.ts";
import type { Timer } from "../../../../src/ports/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type Behaviour, oomKilledAfter } from "../model/behaviour.ts";

/** An action and its delay after the previous one. */
type Step = readonly [after: Duration, action: () => void];

/** Runs the steps in an endless loop. */
function repeat(cluster: Cluster, steps: readonly Step[]): Disposable {
  let timer: Timer | undefined;
  const play = (index: number) => {
    const step = steps[index % steps.length];
    if (step === undefined) return;
    const [after, action] = step;
    timer = cluster.clock.after(after, () => {
      action();
      play(index + 1);
    });
  };
  play(0);
  return { [Symbol.dispose]: () => timer?.cancel() };
}

const image = (name: string, tag: string) => `registry.example.com/${name}:${tag}`;

export function createHealthyWorkloads(cluster: Cluster): void {
  const server = (log: string): Behaviour => ({
    log: [log, "listening on :8080"],
    ready: 3 * SECOND,
    pullTime: 4 * SECOND,
    onTerm: { after: 2 * SECOND, exitCode: 0 },
  });
  const deploy = (namespace: string, name: string, replicas: number, tag: string) =>
    cluster.createDeployment({
      namespace,
      name,
      replicas,
      containers: [{ name, image: image(`${namespace}/${name}`, tag), behaviour: server(`${name} ${tag} starting`) }],
    });
  deploy("shop", "web", 3, "4.11.2");
  deploy("shop", "search-api", 2, "2.3.0");
  deploy("batch", "import-worker", 2, "1.9.4");
  deploy("media", "asset-store", 2, "3.0.1");
  deploy("platform", "registry-resender", 1, "2.8.3");
  cluster.createDaemonSet({
    namespace: "platform",
    name: "node-agent",
    containers: [{ name: "agent", image: image("platform/agent", "7.2.0") }],
  });
  cluster.createStatefulSet({
    namespace: "shop",
    name: "orders-db",
    replicas: 1,
    containers: [
      {
        name: "postgres",
        image: image("shop/postgres", "17.2"),
        behaviour: { log: ["database system is ready to accept connections"], ready: 2 * SECOND },
      },
    ],
  });
  cluster.createCronJob({
    namespace: "batch",
    name: "invoice-export",
    every: 7 * MINUTE,
    containers: [
      {
        name: "export",
        image: image("batch/invoice-export", "3.4.0"),
        behaviour: {
          log: ["exporting 1,284 invoices"],
          exitLog: ["done"],
          exit: { after: 40 * SECOND, exitCode: 0 },
        },
      },
    ],
  });
}

function checkoutLosesItsDatabase(cluster: Cluster): Disposable {
  const failing: Behaviour = {
    log: ["checkout 5.2.1 starting", "connecting to orders-db:5432"],
    exitLog: [
      "WARN  connection refused, attempt 1 of 3",
      "WARN  connection refused, attempt 3 of 3",
      "FATAL cannot reach database orders-db:5432",
    ],
    exit: { after: 4 * SECOND, exitCode: 1, message: "cannot reach database orders-db:5432" },
  };
  const healthy: Behaviour = { log: ["checkout 5.2.1 starting", "connected to orders-db:5432", "listening on :8080"] };
  cluster.createDeployment({
    namespace: "shop",
    name: "checkout",
    replicas: 2,
    containers: [
      { name: "proxy", type: "sidecar", image: image("platform/envoy", "1.33.0") },
      { name: "checkout", image: image("shop/checkout", "5.2.1"), behaviour: failing },
    ],
  });
  const checkout = { container: "checkout" };
  return repeat(cluster, [
    [14 * MINUTE, () => cluster.behave("checkout", healthy, checkout)],
    [28 * MINUTE, () => cluster.behave("checkout", { ...failing, exit: { after: 4 * SECOND, exitCode: 1 } }, checkout)],
  ]);
}

function paymentsRunsOutOfMemory(cluster: Cluster): Disposable {
  const leaking = (run: number): Behaviour => ({
    log: ["payments 3.8.0 starting", "loaded 214 merchants", "listening on :8080"],
    exitLog: ["heap 461 MiB of 512 MiB", "heap 508 MiB of 512 MiB"],
    exit: oomKilledAfter(run === 0 ? 3 * MINUTE : 11 * MINUTE),
  });
  cluster.createDeployment({
    namespace: "shop",
    name: "payments",
    replicas: 2,
    containers: [
      { name: "payments", image: image("shop/payments", "3.8.0"), memoryLimit: "512Mi", behaviour: leaking },
    ],
  });
  return repeat(cluster, [
    [
      50 * MINUTE,
      () =>
        cluster.rollout("payments", {
          image: image("shop/payments", "3.8.1"),
          containers: [{ name: "payments", memoryLimit: "512Mi" }],
        }),
    ],
    [
      30 * MINUTE,
      () =>
        cluster.rollout("payments", {
          image: image("shop/payments", "3.9.0"),
          containers: [{ name: "payments", memoryLimit: "512Mi", behaviour: leaking }],
        }),
    ],
  ]);
}

function catalogFlaps(cluster: Cluster): Disposable {
  const flapping = (): Behaviour => ({
    log: ["catalog 2.0.7 starting", "warming cache"],
    exitLog: ["ERROR cache shard 3 lost", "panic: nil pointer in catalog/cache.go:118"],
    // Longer than the ten minutes after which the kubelet resets its back-off: frequent restarts without CrashLoopBackOff.
    exit: { after: (10.2 + 3 * cluster.clock.random()) * MINUTE, exitCode: 2 },
  });
  cluster.createDeployment({
    namespace: "shop",
    name: "catalog",
    replicas: 3,
    containers: [{ name: "catalog", image: image("shop/catalog", "2.0.7"), behaviour: flapping }],
  });
  return repeat(cluster, [
    [6 * MINUTE, () => cluster.behave("catalog", { ready: "never", log: ["cache is cold"] })],
    [90 * SECOND, () => cluster.behave("catalog", flapping)],
  ]);
}

function nightlyReportFails(cluster: Cluster): Disposable {
  const report = (): Behaviour => {
    const fails = cluster.clock.random() < 0.75;
    return {
      log: ["nightly-report 1.4.2", "reading 31 days of orders"],
      exitLog: fails ? ["Traceback (most recent call last):", "KeyError: 'currency'"] : ["report written"],
      exit: { after: 20 * SECOND, exitCode: fails ? 1 : 0 },
    };
  };
  cluster.createCronJob({
    namespace: "batch",
    name: "nightly-report",
    every: 5 * MINUTE,
    backoffLimit: 1,
    containers: [{ name: "report", image: image("batch/nightly-report", "1.4.2"), behaviour: report }],
  });
  return repeat(cluster, []);
}

function indexerImageIsMissing(cluster: Cluster): Disposable {
  const missing: Behaviour = { image: { reason: "ErrImagePull" } };
  const pushed: Behaviour = { pullTime: 6 * SECOND, log: ["search-indexer 2.14.0", "indexing 48,112 documents"] };
  cluster.createDeployment({
    namespace: "platform",
    name: "search-indexer",
    containers: [{ name: "indexer", image: image("platform/search-indexer", "2.14.0"), behaviour: missing }],
  });
  const rollout = (tag: string, behaviour: Behaviour) =>
    cluster.rollout("search-indexer", {
      containers: [{ name: "indexer", image: image("platform/search-indexer", tag), behaviour }],
    });
  return repeat(cluster, [
    [18 * MINUTE, () => cluster.behave("search-indexer", pushed)],
    [25 * MINUTE, () => rollout("2.15.0", missing)],
    [12 * MINUTE, () => rollout("2.14.0", pushed)],
    [15 * MINUTE, () => rollout("2.14.1", missing)],
  ]);
}

function gatewayIsRolledOut(cluster: Cluster): Disposable {
  const gateway = (
    tag: string,
    behaviour: Behaviour = { log: [`gateway ${tag}`, "listening on :8443"], ready: 5 * SECOND },
  ) => ({
    containers: [{ name: "gateway", image: image("platform/gateway", tag), behaviour }],
  });
  const broken: Behaviour = {
    log: ["gateway 8.1.0", "reading /etc/gateway/routes.yaml"],
    exitLog: ["FATAL routes.yaml:41: unknown key 'rewrite_path'"],
    // It exits before it is ready, so the rollout stops at the first new pod.
    ready: 5 * SECOND,
    exit: { after: 2 * SECOND, exitCode: 78 },
  };
  cluster.createDeployment({ namespace: "platform", name: "gateway", replicas: 4, ...gateway("8.0.3") });
  return repeat(cluster, [
    [4 * MINUTE, () => cluster.rollout("gateway", gateway("8.1.0", broken))],
    [6 * MINUTE, () => cluster.rollout("gateway", gateway("8.1.1"))],
    [20 * MINUTE, () => cluster.rollout("gateway", gateway("8.2.0"))],
    [20 * MINUTE, () => cluster.rollout("gateway", gateway("8.0.3"))],
  ]);
}

function ldapSyncLacksASecret(cluster: Cluster): Disposable {
  const lacking: Behaviour = {
    create: { reason: "CreateContainerConfigError", message: 'secret "ldap-bind" not found' },
  };
  cluster.createDeployment({
    namespace: "platform",
    name: "ldap-sync",
    containers: [{ name: "sync", image: image("platform/ldap-sync", "0.9.2"), behaviour: lacking }],
  });
  return repeat(cluster, [
    [22 * MINUTE, () => cluster.behave("ldap-sync", { log: ["ldap-sync 0.9.2", "1,902 users in step"] })],
    [
      40 * MINUTE,
      () =>
        cluster.rollout("ldap-sync", {
          containers: [{ name: "sync", image: image("platform/ldap-sync", "0.9.3"), behaviour: lacking }],
        }),
    ],
  ]);
}

function thumbnailerCannotMigrate(cluster: Cluster): Disposable {
  const migrate: Behaviour = {
    log: ["applying 0042_add_focus_point.sql"],
    exitLog: ['ERROR relation "thumbnails" is locked by another session'],
    exit: { after: 3 * SECOND, exitCode: 3 },
  };
  const migrated: Behaviour = { log: ["nothing to migrate"], exit: { after: SECOND, exitCode: 0 } };
  const containers = (behaviour: Behaviour, tag: string) => [
    { name: "migrate", type: "init" as const, image: image("media/thumbnailer-migrations", tag), behaviour },
    { name: "thumbnailer", image: image("media/thumbnailer", tag), behaviour: { log: [`thumbnailer ${tag}`] } },
  ];
  cluster.createDeployment({ namespace: "media", name: "thumbnailer", containers: containers(migrate, "6.0.0") });
  const which = { container: "migrate" };
  return repeat(cluster, [
    [9 * MINUTE, () => cluster.behave("thumbnailer", migrated, which)],
    [24 * MINUTE, () => cluster.rollout("thumbnailer", { containers: containers(migrate, "6.1.0") })],
    [9 * MINUTE, () => cluster.behave("thumbnailer", migrated, which)],
    [24 * MINUTE, () => cluster.rollout("thumbnailer", { containers: containers(migrate, "6.0.0") })],
  ]);
}

function transcoderFindsNoNode(cluster: Cluster): Disposable {
  cluster.createDeployment({
    namespace: "media",
    name: "transcoder",
    nodeSelector: { accelerator: "gpu" },
    containers: [{ name: "transcoder", image: image("media/transcoder", "2.2.0") }],
  });
  return repeat(cluster, [
    [26 * MINUTE, () => cluster.scale("transcoder", 0)],
    [20 * MINUTE, () => cluster.scale("transcoder", 1)],
  ]);
}

function assetStoreExceedsItsQuota(cluster: Cluster): Disposable {
  const quota =
    'pods "asset-store" is forbidden: exceeded quota: media-pods, requested: pods=1, used: pods=12, limited: pods=12';
  return repeat(cluster, [
    [
      11 * MINUTE,
      () => {
        cluster.refusePods("asset-store", quota);
        cluster.scale("asset-store", 4);
      },
    ],
    [9 * MINUTE, () => cluster.refusePods("asset-store", undefined)],
    [25 * MINUTE, () => cluster.scale("asset-store", 2)],
  ]);
}

function feedPollerIsReplacedAgainAndAgain(cluster: Cluster): Disposable {
  cluster.createDeployment({
    namespace: "batch",
    name: "feed-poller",
    containers: [{ name: "poller", image: image("batch/feed-poller", "1.1.0") }],
  });
  // A script deletes the pod whenever it is slow, so its container never restarts.
  const replaced: Step = [75 * SECOND, () => cluster.deletePod("feed-poller", 0)];
  return repeat(cluster, [
    [7 * MINUTE, () => {}],
    ...Array.from({ length: 12 }, () => replaced),
    [30 * MINUTE, () => {}],
  ]);
}

export const STORIES: readonly ((cluster: Cluster) => Disposable)[] = [
  checkoutLosesItsDatabase,
  paymentsRunsOutOfMemory,
  catalogFlaps,
  nightlyReportFails,
  indexerImageIsMissing,
  gatewayIsRolledOut,
  ldapSyncLacksASecret,
  thumbnailerCannotMigrate,
  transcoderFindsNoNode,
  assetStoreExceedsItsQuota,
  feedPollerIsReplacedAgainAndAgain,
];
