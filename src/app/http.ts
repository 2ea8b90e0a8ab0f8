import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { SECOND } from "../core/model/time.ts";
import type { HttpDeps, HttpOptions } from "../http/server/options.ts";
import { createHttpServer, type HttpServer } from "../http/server/server.ts";
import { wantedPods } from "../kubernetes/api/wanted-pods.ts";
import { selfHostnames } from "../kubernetes/auth/self-hostnames.ts";
import type { SilenceAccess } from "../ports/silences.ts";
import { ROOT_FOLDER, VERSION } from "../ports/version.ts";
import type { OpenStore } from "../store/open-store.ts";
import type { Watcher } from "../watcher/watcher.ts";
import type { Cluster } from "./cluster.ts";
import type { Reloader } from "./reloader.ts";

const PAGE_FOLDER = join(ROOT_FOLDER, "ui/dist");

const UNVERIFIED_CERTIFICATE = {
  name: "certificate",
  message:
    "The API server's certificate is not verified (cluster.insecure_skip_tls_verify), so the token can be intercepted. Set cluster.ca_file to its CA instead.",
};

export interface HttpParts
  extends Pick<
    HttpDeps,
    "clock" | "logger" | "registry" | "policyFor" | "incidentJoin" | "started" | "namespacesKnown"
  > {
  /** As at the start: what a reload may change comes from `reloader`. */
  readonly config: Config;
  readonly store: OpenStore;
  readonly cluster: Cluster;
  readonly watcher: Watcher;
  readonly silences: SilenceAccess;
  readonly reloader: Reloader;
  readonly namespacesProblem: () => string | undefined;
}

export async function createHttp({
  config,
  store,
  cluster,
  watcher,
  silences,
  reloader,
  namespacesProblem,
  ...parts
}: HttpParts): Promise<HttpServer> {
  const { facts } = cluster;
  const deps: HttpDeps = {
    ...parts,
    store,
    live: watcher,
    wantedPods: (namespace, kind, name) => wantedPods(cluster.request, namespace, kind, name),
    acknowledge: async (fingerprint, acknowledgement) => {
      const alert = await watcher.acknowledge(fingerprint, acknowledgement);
      reloader.delivery.dispatcher.reevaluate();
      return alert;
    },
    notifications: {
      silences,
      receivers: () => reloader.delivery.sender.status(),
      test: (receiver) => reloader.delivery.test(receiver),
      wake: () => reloader.delivery.sender.wake(),
      explain: (alert) => reloader.delivery.dispatcher.explain(alert),
      inhibitionOf: (alert) => reloader.delivery.inhibitionOf(alert),
    },
    evidence: cluster.evidence,
    access: cluster.review,
    configView: () => reloader.view,
    configLoad: () => reloader.lastLoad,
    // A database that does not answer is known before the commit that waits for it fails.
    commitProblem: () => store.replicas?.problem() ?? watcher.commitProblem(),
    problems: () => {
      const problem = namespacesProblem();
      return [
        ...(config.cluster.insecureSkipTlsVerify ? [UNVERIFIED_CERTIFICATE] : []),
        ...(problem === undefined ? [] : [{ name: "namespaces", message: problem }]),
      ];
    },
    kubernetesVersion: facts.version,
    clockSkew: facts.clockSkew,
  };
  const { auth, allowedHosts, ...http } = config.http;
  const options: HttpOptions = {
    ...http,
    version: VERSION,
    apiHost: cluster.host,
    timeZone: config.timezone,
    includeEvents: config.includeEvents,
    pageRefreshSeconds: config.pageRefreshInterval / SECOND,
    auth: {
      ...auth,
      get tokens() {
        return reloader.config.http.auth.tokens;
      },
    },
    hosts: allowedHosts,
    own: await selfHostnames(cluster.ownNamespace),
    staticFolder: PAGE_FOLDER,
    storeKind: config.database.kind,
    consoleUrl: config.consoleUrl,
    get cli() {
      return facts.cli();
    },
    confirmSilence: config.confirmSilence,
    discoversNamespaces: config.namespaces.length === 0,
  };
  return await createHttpServer(deps, options);
}
