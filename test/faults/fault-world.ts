/**
 * All weathers: the real pod source against the simulated API server over real sockets, TLS and HTTP, with one fake
 * clock for both. Time passes only when a test says so; in between the event loop turns until what is on its way on
 * loop-back has arrived.
 */

import { type Simulator, type SimulatorOptions, startSimulator } from "@pod-watcher/simulator";
import type { RequestMatch } from "@pod-watcher/simulator/faults/faults";
import { type ContainerState, type Pod, timestamp } from "@pod-watcher/simulator/model/objects";
import type { Rule } from "@pod-watcher/simulator/server/access";
import type { RequestRecord } from "@pod-watcher/simulator/server/request-log";
import { describe } from "vitest";
import { type Duration, SECOND } from "../../src/core/model/time.ts";
import type { ClusterAccess } from "../../src/kubernetes/auth/credentials.ts";
import { createTransport } from "../../src/kubernetes/transport/transport.ts";
import type { Transport } from "../../src/kubernetes/transport/types.ts";
import { createPodSource, type KubernetesPodSource } from "../../src/kubernetes/watch/pod-source.ts";
import type { NamespaceHealth, PodChange, PodSink } from "../../src/ports/pods.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry, type Registry } from "../../src/telemetry/metrics.ts";
import { createWatchEvents } from "../../src/telemetry/watch-events.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";

export type Protocol = "h2" | "http/1.1";

/** Runs every case over both protocols. */
export function forEachProtocol(title: string, cases: (protocol: Protocol) => void): void {
  describe.each(["h2", "http/1.1"] as const)(`${title}, over %s`, cases);
}

export interface FaultWorldOptions extends Partial<Omit<SimulatorOptions, "clock" | "protocol">> {
  readonly protocol: Protocol;
  /** Namespaces that the token may view; default: all of `namespaces`. */
  readonly permitted?: readonly string[];
  readonly access?: Partial<ClusterAccess>;
  /** RBAC rules instead of `view`. */
  readonly rules?: readonly Rule[];
  /** Credentials in mounted files. Reading them takes real time. */
  readonly mounted?: (simulator: Simulator, token: string, clock: FakeClock) => Promise<ClusterAccess>;
  /** The clock's `random()`; default: always 0.5. */
  readonly random?: () => number;
  /** The server's address for the client; default: the simulator itself. */
  readonly through?: (simulator: Simulator, clock: FakeClock) => Promise<{ readonly url: string } & AsyncDisposable>;
}

export interface FaultWorld extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly simulator: Simulator;
  readonly source: KubernetesPodSource;
  readonly transport: Transport;
  readonly registry: Registry;
  readonly token: string;
  /** Calls of the sink as text: `seen web-0@12`, `gone web-0@13 deleted`, `synced shop`, `shop live`. */
  readonly events: string[];
  readonly changes: PodChange[];
  /** Log lines of warnings and errors. */
  readonly log: Record<string, unknown>[];
  start(sink?: Partial<PodSink>): void;
  /** Starts, waits until all namespaces are live, and clears `events`. */
  live(): Promise<void>;
  health(namespace?: string): NamespaceHealth;
  /** `name@resourceVersion` of the cached pods, by name. */
  pods(namespace?: string): string[];
  /** Returns and clears the events since the last call, only of these kinds. */
  take(...kinds: readonly string[]): string[];
  requests(match?: RequestMatch): readonly RequestRecord[];
  /** Lets everything in transit arrive, without advancing the clock. */
  arrive(): Promise<void>;
  /** Advances the clock; everything in transit arrives in between. */
  pass(time: Duration): Promise<void>;
  /** Advances the clock until the condition holds, at most this long; resolves to the time it took. */
  passUntil(isSo: () => boolean, atMost?: Duration): Promise<Duration>;
  /** A second client of the same server, like a restarted watcher. */
  another(): Promise<FaultWorld>;
  /** The server drops all history and the connections break: no watch can resume, every namespace must sync. */
  expire(): void;
  /** A counter's value, 0 when it has never moved. */
  metric(name: string, label?: string): Promise<number>;
}

/** The loop turns often enough for several round trips with TLS; all ends are in this process. */
const TURNS = 30;

export async function createFaultWorld(options: FaultWorldOptions): Promise<FaultWorld> {
  const clock = createFakeClock(options.random === undefined ? {} : { random: options.random });
  const namespaces = options.namespaces ?? ["shop"];
  const simulator = await startSimulator({
    // Half of the weathers in each of the two formats.
    protobuf: options.protocol === "h2",
    // OpenShift sends GOAWAY after one of 1,000 requests. It is routine, so every fault comes with it.
    goawayChance: 0.1,
    ...options,
    clock,
    namespaces,
    protocol: options.protocol === "h2" ? "both" : "http/1.1",
  });
  const through = await options.through?.(simulator, clock);
  const token = simulator.token(options.permitted ?? namespaces, options.rules && { rules: options.rules });
  const mounted = await options.mounted?.(simulator, token, clock);
  return watchFrom({ options, clock, simulator, through, token, mounted, namespaces, owns: true });
}

interface Place {
  readonly options: FaultWorldOptions;
  readonly clock: FakeClock;
  readonly simulator: Simulator;
  readonly through: ({ readonly url: string } & AsyncDisposable) | undefined;
  readonly token: string;
  readonly mounted: ClusterAccess | undefined;
  readonly namespaces: readonly string[];
  readonly owns: boolean;
}

function watchFrom(place: Place): FaultWorld {
  const { options, clock, simulator, through, token, mounted, namespaces } = place;
  const log: Record<string, unknown>[] = [];
  const registry = createRegistry();
  const logger = createLogger("warn", { write: (line) => void log.push(JSON.parse(line)) });
  let reading = 0;
  const whileReading = async <T>(read: () => Promise<T>): Promise<T> => {
    reading++;
    return read().finally(() => {
      reading--;
    });
  };
  const access: ClusterAccess =
    mounted === undefined
      ? {
          server: new URL(through?.url ?? simulator.url),
          ca: async () => simulator.caPem,
          clientCertificate: async () => undefined,
          insecureSkipTlsVerify: false,
          authorization: async () => `Bearer ${token}`,
          invalidate: () => {},
          namespace: undefined,
          description: "a test",
          ...options.access,
        }
      : {
          ...mounted,
          ca: () => whileReading(() => mounted.ca()),
          clientCertificate: () => whileReading(() => mounted.clientCertificate()),
          authorization: () => whileReading(() => mounted.authorization()),
        };
  const transport = createTransport({ access, clock });
  const source = createPodSource({
    transport,
    clock,
    namespaces,
    events: createWatchEvents(logger, registry),
    identity: { serviceAccount: undefined, access: access.description, cli: "oc" },
  });
  const observed: string[] = [];
  const changes: PodChange[] = [];

  const arrive = async () => {
    for (let quiet = 0; quiet < TURNS; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      // Files are read on other threads, for which the event loop does not wait.
      while (reading > 0) {
        quiet = 0;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  };
  const pass = async (time: Duration) => {
    await arrive();
    // From timer to timer, so that data in transit arrives first.
    for (let left = time; left > 0; ) {
      const step = Math.min(left, clock.nextTimer() ?? left);
      await clock.advance(step);
      await arrive();
      left -= step;
    }
  };
  const passUntil = async (isSo: () => boolean, atMost: Duration = 600 * SECOND) => {
    const begun = clock.monotonic();
    await arrive();
    while (!isSo()) {
      const passed = clock.monotonic() - begun;
      if (passed >= atMost)
        throw new Error(`not so after ${passed / SECOND} s: ${isSo}; events: ${observed.slice(-20)}`);
      await clock.advance(Math.min(clock.nextTimer() ?? SECOND, SECOND));
      await arrive();
    }
    return clock.monotonic() - begun;
  };

  const self: FaultWorld = {
    ...{
      clock,
      simulator,
      source,
      transport,
      registry,
      token,
      events: observed,
      changes,
      log,
      arrive,
      pass,
      passUntil,
    },
    start: (sink = {}) =>
      source.start({
        changed: (change) => {
          changes.push(change);
          observed.push(toSentence(change));
          sink.changed?.(change);
        },
        synced: (namespace) => {
          observed.push(`synced ${namespace}`);
          sink.synced?.(namespace);
        },
        healthChanged: (health) => {
          observed.push(`${health.namespace} ${health.state}`);
          sink.healthChanged?.(health);
        },
        unwatched: (namespace) => {
          observed.push(`unwatched ${namespace}`);
          sink.unwatched?.(namespace);
        },
      }),
    live: async () => {
      self.start();
      await passUntil(() => source.health().every(({ state }) => state === "live"), 60 * SECOND);
      await pass(2 * SECOND);
      observed.length = 0;
      changes.length = 0;
    },
    health: (namespace = "shop") => {
      const found = source.health().find((health) => health.namespace === namespace);
      if (found === undefined) throw new Error(`${namespace} is not watched`);
      return found;
    },
    pods: (namespace = "shop") =>
      [...source.pods(namespace)].map(({ name, resourceVersion }) => `${name}@${resourceVersion}`).sort(),
    take: (...kinds) => {
      const taken = observed.splice(0);
      return kinds.length === 0 ? taken : taken.filter((line) => kinds.some((kind) => line.startsWith(kind)));
    },
    requests: (match = {}) => simulator.requests.matching(match),
    another: async () => watchFrom({ ...place, owns: false }),
    expire: () => {
      simulator.cluster.storage.advance(100);
      simulator.cluster.storage.compact();
      simulator.dropConnections("reset");
    },
    metric: async (name, label = "") => {
      const lines = (await registry.metrics()).split("\n");
      const line = lines.find((one) => one.startsWith(name) && !one.startsWith("#") && one.includes(label));
      return Number(line?.split(" ").at(-1) ?? 0);
    },
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
      if (!place.owns) return;
      await through?.[Symbol.asyncDispose]();
      await simulator[Symbol.asyncDispose]();
    },
  };
  return self;
}

function toSentence(change: PodChange): string {
  const { name, resourceVersion } = change.pod;
  return change.type === "updated"
    ? `updated ${name}@${resourceVersion}`
    : `removed ${name}@${resourceVersion} ${change.reason}`;
}

export interface PodObservation {
  readonly uid?: string;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
  readonly namespace?: string;
  readonly containerID?: string;
}

const CREATED = timestamp(Date.UTC(2026, 0, 1));

/** A pod of one container, as the kubelet writes it. `put` gives it its resourceVersion. */
export function podObject(name: string, look: PodObservation = {}): Pod {
  const { namespace = "shop", uid = `uid-${name}`, restartCount = 0 } = look;
  return {
    metadata: { name, namespace, uid, resourceVersion: "", creationTimestamp: CREATED },
    spec: {
      containers: [{ name: "app", image: "registry/app:1", resources: {} }],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      nodeName: "node-1",
    },
    status: {
      phase: "Running",
      startTime: CREATED,
      conditions: [{ type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: CREATED }],
      containerStatuses: [
        {
          name: "app",
          state: look.state ?? { running: { startedAt: CREATED } },
          lastState: look.lastState ?? {},
          ready: look.state === undefined,
          restartCount,
          image: "registry/app:1",
          imageID: "registry/app@sha256:1",
          containerID: look.containerID ?? `containerd://${uid}-${restartCount}`,
        },
      ],
    },
  };
}

/** Writes pods in order, and gives `name@resourceVersion` of each. */
export function put({ simulator }: Pick<FaultWorld, "simulator">, ...pods: readonly (string | Pod)[]): string[] {
  return pods.map((pod) => {
    const { metadata } = simulator.cluster.put(typeof pod === "string" ? podObject(pod) : pod);
    return `${metadata.name}@${metadata.resourceVersion}`;
  });
}

export function remove({ simulator }: Pick<FaultWorld, "simulator">, name: string, namespace = "shop"): void {
  simulator.cluster.storage.pods.remove(namespace, name);
}
