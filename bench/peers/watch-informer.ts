/** The informer of @kubernetes/client-node as the measured process runs it: one per namespace, as its README shows. */
import { runSubject } from "../support/subject.ts";

/** The part of the package that is used here. It is not a dependency of this project, so its types are not available. */
interface Client {
  readonly KubeConfig: new () => {
    loadFromOptions(options: object): void;
    makeApiClient(api: unknown): { listNamespacedPod(request: { namespace: string }): Promise<unknown> };
  };
  readonly CoreV1Api: unknown;
  makeInformer(
    config: unknown,
    path: string,
    list: () => Promise<unknown>,
  ): {
    on(verb: string, callback: (object: unknown) => void): void;
    start(): Promise<void>;
  };
}

const PACKAGE = "@kubernetes/client-node";

await runSubject(async ({ url, caPem, token, namespaces }) => {
  const { KubeConfig, CoreV1Api, makeInformer } = (await import(PACKAGE)) as Client;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "simulated", server: url, caData: Buffer.from(caPem).toString("base64") }],
    users: [{ name: "bench", token }],
    contexts: [{ name: "bench", user: "bench", cluster: "simulated" }],
    currentContext: "bench",
  });
  const api = config.makeApiClient(CoreV1Api);
  let pods = 0;
  let changes = 0;
  for (const namespace of namespaces) {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const informer = makeInformer(config, path, () => api.listNamespacedPod({ namespace }));
    informer.on("add", () => {
      pods++;
      changes++;
    });
    informer.on("update", () => changes++);
    informer.on("delete", () => {
      pods--;
      changes++;
    });
    // It stops for good at the first error: its user must restart it.
    informer.on("error", (error) => {
      process.stderr.write(`the informer of ${namespace} has stopped: ${error}\n`);
      setTimeout(() => void informer.start(), 1_000);
    });
    await informer.start();
  }
  return { pods: () => pods, changes: () => changes };
});
