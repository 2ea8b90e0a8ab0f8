import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCertificateAuthority } from "../../packages/simulator/src/http/certificate.ts";
import { rawClient } from "../../packages/simulator/test/raw-client.ts";

/** etcd, kube-apiserver and kube-controller-manager, one process each, on loopback. There are no nodes. */
export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`, the same after a restart. */
  readonly url: string;
  readonly caPem: string;
  /** Of a member of system:masters. */
  readonly adminToken: string;
  /** A file with the administrator's access. */
  readonly kubeconfig: string;
  /** SIGSTOP: connections stay open and nothing is answered, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Kills the API server. */
  stop(): Promise<void>;
  /** Starts it again on the same port, and waits until it is ready. */
  start(): Promise<void>;
  /** Discards the history of etcd before its current revision. */
  compact(): Promise<void>;
}

/** The controllers that act on what the tests create, by their names in Kubernetes 1.28 and later. */
const CONTROLLERS = [
  "clusterrole-aggregation-controller",
  "cronjob-controller",
  "deployment-controller",
  "garbage-collector-controller",
  "job-controller",
  "namespace-controller",
  "replicaset-controller",
  "resourcequota-controller",
  "root-ca-certificate-publisher-controller",
  "serviceaccount-controller",
  "serviceaccount-token-controller",
  "statefulset-controller",
  "ttl-after-finished-controller",
];

const READY_WITHIN = 120_000;

/**
 * Starts the binary built from test/cluster/control-plane.
 * @param emulatedVersion an earlier minor version whose features and defaults are served, such as "1.34"
 */
export async function startControlPlane(binary: string, emulatedVersion?: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), "pod-watcher-control-plane-"));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const [port, etcdClient, etcdPeer] = await freePorts(3);
  const url = `https://127.0.0.1:${port}`;
  const etcdUrl = `http://127.0.0.1:${etcdClient}`;
  const authority = createCertificateAuthority("pod-watcher-test-ca");
  const { certPem, keyPem } = authority.issueServer(["127.0.0.1", "localhost"]);
  const caFile = file("ca.pem", authority.certPem);
  const adminToken = randomBytes(18).toString("base64url");
  const controllerToken = randomBytes(18).toString("base64url");
  const accountKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const accountKey = file("accounts.key", accountKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const emulation = emulatedVersion === undefined ? [] : [`--emulated-version=kube=${emulatedVersion}`];
  const apiServerFlags = [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${file("server.pem", certPem)}`,
    `--tls-private-key-file=${file("server.key", keyPem)}`,
    `--client-ca-file=${caFile}`,
    `--token-auth-file=${file("tokens.csv", `${adminToken},admin,admin,"system:masters"\n${controllerToken},system:kube-controller-manager,controllers\n`)}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${file("accounts.pem", accountKeys.publicKey.export({ type: "spki", format: "pem" }).toString())}`,
    `--service-account-signing-key-file=${accountKey}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    "--endpoint-reconciler-type=none",
    "--authorization-mode=RBAC",
    ...emulation,
  ];
  const controllerFlags = [
    `--kubeconfig=${file("controllers.kubeconfig", kubeconfigOf(url, caFile, controllerToken))}`,
    `--service-account-private-key-file=${accountKey}`,
    `--root-ca-file=${caFile}`,
    `--controllers=${CONTROLLERS.join(",")}`,
    "--use-service-account-credentials",
    "--leader-elect=false",
    "--secure-port=0",
    ...emulation,
  ];

  const run = (component: string, args: readonly string[]) => {
    const log = openSync(join(folder, `${component}.log`), "a");
    const child = spawn(binary, [component, ...args], { stdio: ["pipe", log, log] });
    closeSync(log);
    return child;
  };
  const ready = async (component: string, child: ChildProcess, path: string) => {
    using client = rawClient({ url, ca: authority.certPem, token: adminToken, http: 1 });
    const deadline = Date.now() + READY_WITHIN;
    while ((await client.get(path).catch(() => undefined))?.status !== 200) {
      if (child.exitCode !== null || Date.now() > deadline) {
        const log = readFileSync(join(folder, `${component}.log`), "utf8");
        throw new Error(`${component} did not become ready:\n${log.slice(-4_000)}`);
      }
      await sleep(100);
    }
  };

  const etcd = run("etcd", [join(folder, "etcd"), etcdUrl, `http://127.0.0.1:${etcdPeer}`]);
  const startApiServer = async () => {
    const child = run("kube-apiserver", apiServerFlags);
    await ready("kube-apiserver", child, "/readyz");
    return child;
  };
  let apiServer = await startApiServer();
  const controllers = run("kube-controller-manager", controllerFlags);
  await ready("kube-controller-manager", controllers, "/api/v1/namespaces/default/serviceaccounts/default");

  return {
    url,
    caPem: authority.certPem,
    adminToken,
    kubeconfig: file("admin.kubeconfig", kubeconfigOf(url, caFile, adminToken)),
    freeze: () => void apiServer.kill("SIGSTOP"),
    thaw: () => void apiServer.kill("SIGCONT"),
    stop: () => killed(apiServer),
    start: async () => {
      apiServer = await startApiServer();
    },
    compact: async () => {
      const ask = async (path: string, body: object) => {
        const response = await fetch(`${etcdUrl}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) });
        if (!response.ok) throw new Error(`etcd: ${path}: ${response.status} ${await response.text()}`);
        return (await response.json()) as { header: { revision: string } };
      };
      const { header } = await ask("range", { key: Buffer.from("/").toString("base64"), limit: "1" });
      await ask("compaction", { revision: header.revision, physical: true });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([controllers, apiServer, etcd].map(killed));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "close");
  child.kill("SIGKILL");
  await ended;
}

function kubeconfigOf(server: string, caFile: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority": caFile } }],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}

/** Ports of loopback that nothing listens on. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
