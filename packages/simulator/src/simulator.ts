/**
 * A simulated Kubernetes cluster behind an API server on loopback, for the demo, the tests and the benchmarks.
 *
 * ```ts
 * await using simulator = await startSimulator({ clock, namespaces: ["shop"] });
 * const token = simulator.token(["shop"]);
 * simulator.cluster.createDeployment({ namespace: "shop", name: "web", replicas: 3 });
 * await simulator.cluster.crash("web", { times: 5 });
 * simulator.faults.add({ match: { verb: "watch" }, fault: status(tooManyRequests("slow down", 7)) });
 * ```
 */
import type { Duration } from "../../../src/core/model/time.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { type Cluster, type ClusterOptions, createCluster } from "./cluster/cluster.ts";
import { jsonEncoding } from "./encode/json.ts";
import { createFaults, type Faults, fits, type RequestMatch } from "./faults/faults.ts";
import { type ApiRequest, describeRequest } from "./http/api-request.ts";
import { createCertificateAuthority, type KeyAndCertificate } from "./http/certificate.ts";
import type { Break, Exchange } from "./http/exchange.ts";
import { type Listener, type ListenOptions, listen } from "./http/listener.ts";
import { internalError } from "./model/status.ts";
import { type Access, createAccess, type Rule, type TokenOptions } from "./server/access.ts";
import { createApiServer } from "./server/api-server.ts";
import { createRequestLog, type RequestLog } from "./server/request-log.ts";
import { respond } from "./server/responses.ts";
import type { Backup } from "./storage/storage.ts";

export interface SimulatorOptions extends ClusterOptions {
  /** Default "both": HTTP/2 and HTTP/1.1 by ALPN. */
  readonly protocol?: ListenOptions["protocol"];
  /** Default 127.0.0.1 and a free port. */
  readonly host?: string;
  readonly port?: number;
  /** Default 100, as in Kubernetes. */
  readonly maxConcurrentStreams?: number;
  /** The feature gate WatchList; default true. */
  readonly watchList?: boolean;
  /** Whether protobuf is supported; default true. */
  readonly protobuf?: boolean;
  /** Default 1 min. */
  readonly bookmarkInterval?: Duration;
  /**
   * Whether this is the whole cluster. Then there are no bookmarks until a pod changes. By default, the cluster has other
   * pods that change all the time. Default false.
   */
  readonly quiet?: boolean;
  readonly minRequestTimeout?: Duration;
  /** Default 5 min. */
  readonly continueTokenAge?: Duration;
  readonly slowWatcherLimit?: number;
  /**
   * The share of the requests over HTTP/2 after which their connection gets a GOAWAY, as with `--goaway-chance`. Which
   * ones is the same in every run. Default 0.
   */
  readonly goawayChance?: number;
}

export interface Simulator extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`, the same as long as the simulator lives. */
  readonly url: string;
  readonly port: number;
  /** The authority of the current server certificate. */
  readonly caPem: string;
  readonly cluster: Cluster;
  readonly access: Access;
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** The open TCP connections. */
  readonly connections: number;
  /** A bearer token with `view` in these namespaces. */
  token(namespaces: readonly string[], options?: TokenOptions): string;
  /** A client certificate of a user with these permissions, instead of a token. */
  clientCertificate(user: string, namespaces: readonly string[], rules?: readonly Rule[]): KeyAndCertificate;

  /** The number of open requests, such as watches. */
  running(match?: RequestMatch): number;
  /** Breaks the matching open requests. */
  breakRequests(match: RequestMatch, broken: Break): void;
  /** Ends all connections with RST or FIN. */
  dropConnections(how: "reset" | "close"): void;
  /** GOAWAY on all HTTP/2 sessions. */
  goaway(code?: number): void;
  /** Stops the server: connections are dropped and new ones refused, until `start`. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Adds an API server of the same cluster on another port. */
  addServer(): Promise<Listener>;
  /** Expires all continue tokens. */
  expireContinueTokens(): void;
  /** Restores etcd from a backup: revisions and objects are rolled back, and the API server restarts. */
  restore(backup: Backup): void;
  /** Replaces the server certificate by one of another authority and returns its PEM. Existing connections continue. */
  rotateAuthority(): string;
}

/** Its multiples spread evenly between two integers. */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

const DEFAULT_SLOW_WATCHER_LIMIT = 256 * 1024 * 1024;

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, host = "127.0.0.1", port = 0, protocol = "both" } = options;
  const cluster = createCluster(options);
  const access = createAccess(clock);
  const faults = createFaults();
  const requests = createRequestLog();
  const running = new Map<Exchange, ApiRequest | undefined>();
  const api = createApiServer(cluster, access, apiOptions(clock, options));

  let requestsOverHttp2 = 0;
  const handle = (exchange: Exchange) => {
    requests.record(exchange, clock.now());
    if (exchange.protocol === "h2" && (++requestsOverHttp2 * GOLDEN_RATIO) % 1 < (options.goawayChance ?? 0)) {
      exchange.break({ how: "goaway" });
    }
    const request = describeRequest(exchange);
    running.set(exchange, request);
    exchange.onClose(() => running.delete(exchange));
    api.handle(exchange, faults.applicable(request, exchange)).catch((error: unknown) => {
      respond(exchange, jsonEncoding, internalError(String(error)));
    });
  };
  let authority = createCertificateAuthority();
  const serverCertificate = () => {
    const { keyPem: key, certPem: cert } = authority.issueServer([host, "127.0.0.1", "localhost"]);
    return { key, cert };
  };
  const listeners = new Set<Listener>();
  const open = async (onPort: number) => {
    const tls = { ...serverCertificate(), clientCa: authority.certPem };
    const maxConcurrentStreams = options.maxConcurrentStreams ?? 100;
    const listener = await listen({ protocol, tls, host, port: onPort, maxConcurrentStreams }, handle);
    listeners.add(listener);
    return listener;
  };
  const first = await open(port);
  let main: Listener | undefined = first;
  const dropConnections = (how: "reset" | "close") => {
    for (const listener of listeners) listener.dropConnections(how);
  };
  const stop = async () => {
    if (main === undefined) return;
    listeners.delete(main);
    const stopping = main;
    main = undefined;
    await stopping[Symbol.asyncDispose]();
  };

  return {
    url: first.url,
    port: first.port,
    get caPem() {
      return authority.certPem;
    },
    cluster,
    access,
    faults,
    requests,
    get connections() {
      return listeners.values().reduce((sum, { connections }) => sum + connections, 0);
    },
    token: (namespaces, tokenOptions) => access.issueToken(namespaces, tokenOptions),
    clientCertificate: (user, namespaces, rules) => {
      for (const namespace of namespaces) access.bind(user, namespace, rules);
      return authority.issueClient(user);
    },
    running: (match = {}) =>
      running.entries().reduce((sum, [exchange, request]) => sum + (fits(match, request, exchange.url) ? 1 : 0), 0),
    breakRequests: (match, broken) => {
      for (const [exchange, request] of [...running]) if (fits(match, request, exchange.url)) exchange.break(broken);
    },
    dropConnections,
    goaway: (code) => {
      for (const listener of listeners) listener.goaway(code);
    },
    stop,
    start: async () => {
      main ??= await open(first.port);
    },
    addServer: () => open(0),
    expireContinueTokens: () => api.lists.expireTokens(),
    restore: (backup) => {
      cluster.storage.restore(backup);
      api.lists.expireTokens();
      dropConnections("close");
    },
    rotateAuthority: () => {
      authority = createCertificateAuthority();
      for (const listener of listeners) listener.setCertificate(serverCertificate());
      return authority.certPem;
    },
    [Symbol.asyncDispose]: async () => {
      cluster[Symbol.dispose]();
      await Promise.all([...listeners].map((listener) => listener[Symbol.asyncDispose]()));
    },
  };
}

function apiOptions(clock: Clock, options: SimulatorOptions) {
  return {
    clock,
    watchList: options.watchList ?? true,
    openshift: options.openshift ?? false,
    protobuf: options.protobuf ?? true,
    bookmarkInterval: options.bookmarkInterval ?? 60_000,
    quiet: options.quiet ?? false,
    minRequestTimeout: options.minRequestTimeout ?? 1_800_000,
    continueTokenAge: options.continueTokenAge ?? 300_000,
    slowWatcherLimit: options.slowWatcherLimit ?? DEFAULT_SLOW_WATCHER_LIMIT,
  };
}
