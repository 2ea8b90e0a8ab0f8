import { randomBytes } from "node:crypto";
import { Agent, fetch } from "undici";
import { resolveClusterAccess } from "../../src/kubernetes/auth/credentials.ts";
import { systemClock } from "../../src/ports/system-clock.ts";

/** Administrator access to a real cluster, with namespaces that are deleted afterwards. */
export interface RealCluster extends AsyncDisposable {
  /** host:port of its API server. */
  readonly host: string;
  readonly ca: string | undefined;
  readonly namespaces: readonly [watched: string, forbidden: string];
  /** Token of a service account that has the role view in the watched namespace only. */
  readonly token: string;
  request(method: string, path: string, body?: object, contentType?: string): Promise<unknown>;
}

export async function openRealCluster(kubeconfig: string): Promise<RealCluster> {
  const access = await resolveClusterAccess(
    {
      host: undefined,
      plaintext: false,
      token: undefined,
      caFile: undefined,
      insecureSkipTlsVerify: false,
      kubeconfig,
      context: undefined,
      hostEnvironment: {
        service: undefined,
        kubeconfig: [],
        home: undefined,
        httpsProxy: undefined,
        noProxy: undefined,
      },
    },
    systemClock,
  );
  const [ca, certificate] = [await access.ca(), await access.clientCertificate()];
  const dispatcher = new Agent({
    connect: { ...(ca === undefined ? {} : { ca }), ...certificate, rejectUnauthorized: !access.insecureSkipTlsVerify },
  });

  const request: RealCluster["request"] = async (method, path, body, contentType = "application/json") => {
    const authorization = await access.authorization();
    const response = await fetch(new URL(path, access.server), {
      method,
      dispatcher,
      headers: { "content-type": contentType, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };

  const run = randomBytes(3).toString("hex");
  const namespaces = [`pod-watcher-test-${run}-a`, `pod-watcher-test-${run}-b`] as const;
  const [watched] = namespaces;
  for (const name of namespaces) await request("POST", "/api/v1/namespaces", { metadata: { name } });
  const accounts = `/api/v1/namespaces/${watched}/serviceaccounts`;
  await request("POST", accounts, { metadata: { name: "watcher" } });
  await request("POST", `/apis/rbac.authorization.k8s.io/v1/namespaces/${watched}/rolebindings`, {
    metadata: { name: "watcher-view" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "ServiceAccount", name: "watcher", namespace: watched }],
  });
  const issued = (await request("POST", `${accounts}/watcher/token`, { spec: { expirationSeconds: 3600 } })) as {
    status: { token: string };
  };
  return {
    host: access.server.host,
    ca,
    namespaces,
    token: issued.status.token,
    request,
    [Symbol.asyncDispose]: async () => {
      for (const name of namespaces) await request("DELETE", `/api/v1/namespaces/${name}`);
      await dispatcher.close();
    },
  };
}
