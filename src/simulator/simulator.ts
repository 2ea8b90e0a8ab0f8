/**
 * A simulated Kubernetes cluster behind a real API server on loop-back: for the demo, the tests and the benchmarks.
 *
 * ```ts
 * await using simulator = await startSimulator({ clock, namespaces: ["shop"] });
 * const token = simulator.token(["shop"]);
 * simulator.cluster.createPod({ namespace: "shop", name: "web-0" });
 * ```
 */
import type { Duration } from "../core/time.ts";
import type { Clock } from "../ports.ts";
import { type Access, createAccess, type TokenOptions } from "./access.ts";
import { answer, createApiServer } from "./api-server.ts";
import { createCertificateAuthority } from "./certificate.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import { jsonEncoding } from "./encode-json.ts";
import type { Exchange } from "./exchange.ts";
import { type ListenOptions, listen } from "./listener.ts";
import { internalError } from "./status.ts";

export interface SimulatorOptions {
  readonly clock: Clock;
  /** How many times faster the cluster's time goes than the clock's; 1 when not given. The server's own times do not. */
  readonly speed?: number;
  readonly namespaces?: readonly string[];
  readonly protocol?: ListenOptions["protocol"];
  /** 127.0.0.1 and any free port when not given. */
  readonly host?: string;
  readonly port?: number;
  readonly maxConcurrentStreams?: number;
  readonly watchList?: boolean;
  readonly openshift?: boolean;
  readonly protobuf?: boolean;
  readonly bookmarkInterval?: Duration;
  readonly minRequestTimeout?: Duration;
  readonly continueTokenAge?: Duration;
  readonly slowWatcherLimit?: number;
  readonly historyAge?: Duration;
  readonly historyMinimum?: number;
  readonly resourceVersionBase?: bigint;
}

export interface Simulator extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** Of the authority that signed the server's certificate. */
  readonly caPem: string;
  readonly cluster: Cluster;
  readonly access: Access;
  /** A bearer token with `view` in these namespaces. */
  token(namespaces: readonly string[], options?: TokenOptions): string;
}

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, host = "127.0.0.1", port = 0, protocol = "both" } = options;
  const cluster = createCluster(options);
  const access = createAccess(clock);
  const api = createApiServer(cluster, access, {
    clock,
    watchList: options.watchList ?? true,
    openshift: options.openshift ?? false,
    protobuf: options.protobuf ?? true,
    bookmarkInterval: options.bookmarkInterval ?? 60_000,
    minRequestTimeout: options.minRequestTimeout ?? 1_800_000,
    continueTokenAge: options.continueTokenAge ?? 300_000,
    slowWatcherLimit: options.slowWatcherLimit ?? 256 * 1024 * 1024,
  });
  const authority = createCertificateAuthority();
  const { keyPem: key, certPem: cert } = authority.issueServer([host, "127.0.0.1", "localhost"]);
  const handle = (exchange: Exchange) => {
    api.handle(exchange).catch((error: unknown) => answer(exchange, jsonEncoding, internalError(String(error))));
  };
  const listener = await listen(
    { protocol, tls: { key, cert }, host, port, maxConcurrentStreams: options.maxConcurrentStreams ?? 100 },
    handle,
  );
  return {
    url: listener.url,
    caPem: authority.certPem,
    cluster,
    access,
    token: (namespaces, tokenOptions) => access.issueToken(namespaces, tokenOptions),
    [Symbol.asyncDispose]: async () => {
      cluster[Symbol.dispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}
