import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { ALERTNAMES } from "../../src/core/model/alert.ts";
import type { Policy } from "../../src/core/model/policy.ts";
import { DAY, MINUTE } from "../../src/core/model/time.ts";
import { decodeTimes, encodeTimes } from "../../src/core/view/api-times.ts";
import type { AuthOptions } from "../../src/http/auth/types.ts";
import { createHttpServer, type HttpDeps, type HttpOptions, type HttpServer } from "../../src/http/server/server.ts";
import type { Evidence } from "../../src/ports/evidence.ts";
import type { Notifications } from "../../src/ports/notifications.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createFakeAccess } from "./fake-access.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeLiveState, type FakeLiveState } from "./fake-live-state.ts";
import { createMemoryStore, type MemoryStore } from "./memory-store.ts";

/** The HTTP server on fakes: pages show the content of `live` and `store`. */
export interface HttpApp extends AsyncDisposable {
  readonly server: HttpServer;
  readonly app: HttpServer["app"];
  readonly live: FakeLiveState;
  readonly store: MemoryStore;
  readonly clock: FakeClock;
  readonly evidence: FakeEvidence;
  /** The parsed lines of the log. */
  readonly log: readonly Record<string, unknown>[];
  /** A firing alert, for pages and consumers. */
  raise(...alerts: Parameters<FakeLiveState["commit"]>): void;
}

export type FakeEvidence = { -readonly [Name in keyof Evidence]: Evidence[Name] };

export const A_POLICY: Policy = {
  restartThreshold: 3,
  restartTimeframe: 60 * MINUTE,
  crashLoopStableAfter: 10 * MINUTE,
  churnWindow: 15 * MINUTE,
  churnThreshold: 10,
  includeEphemeralContainers: false,
  detectors: Object.fromEntries(
    ALERTNAMES.map((name) => [name, { enabled: true, for: 0, keepFiringFor: 0 }]),
  ) as Policy["detectors"],
};

export const NO_AUTH: AuthOptions = {
  mode: "none",
  tokens: [],
  writeVerb: "update",
  loginUrl: undefined,
  publicMetrics: false,
};
export const KUBERNETES_AUTH: AuthOptions = { ...NO_AUTH, mode: "kubernetes" };

export const HTTP_OPTIONS: HttpOptions = {
  bind: "127.0.0.1",
  port: 0,
  pathPrefix: "",
  publicUrl: undefined,
  version: "1.2.3",
  apiHost: "api.example:6443",
  timeZone: "America/New_York",
  includeEvents: true,
  pageRefreshSeconds: 60,
  auth: NO_AUTH,
  hosts: [],
  own: undefined,
  trustedProxies: [],
  tls: undefined,
  requestsPerMinute: 1_200,
  failedLoginsPerMinute: 120,
  maxStreams: 500,
  maxStreamsPerCaller: 50,
  maxConsumers: 100,
  staticFolder: undefined,
  storeKind: "sqlite",
  discoversNamespaces: false,
  consoleUrl: undefined,
  confirmSilence: { containers: 50, duration: DAY },
  cli: "kubectl",
};

/** No receivers, and no silences. */
const NO_NOTIFICATIONS: Notifications = {
  silences: {
    list: () => [],
    find: () => undefined,
    silenceOf: () => undefined,
    create: async () => {
      throw new Error("not in this test");
    },
    change: async () => undefined,
    end: async () => undefined,
  },
  receivers: () => [],
  test: async () => undefined,
  wake: () => {},
  explain: () => [],
  inhibitionOf: () => undefined,
};

export async function startHttpApp(
  options: Partial<HttpOptions> = {},
  overrides: Partial<HttpDeps> = {},
): Promise<HttpApp> {
  const clock = createFakeClock();
  const live = (overrides.live as FakeLiveState | undefined) ?? createFakeLiveState();
  const store = (overrides.store as MemoryStore | undefined) ?? (await createMemoryStore(clock));
  const evidence: FakeEvidence = {
    events: async () => [],
    pods: async () => [],
    log: async () => ({ available: false, reason: "not kept" }),
  };
  const log: Record<string, unknown>[] = [];
  const server = await createHttpServer(
    {
      live,
      store,
      evidence,
      clock,
      logger: createLogger("debug", { write: (line) => void log.push(JSON.parse(line)) }),
      registry: createRegistry(),
      policyFor: () => A_POLICY,
      wantedPods: async () => undefined,
      incidentJoin: () => 30 * MINUTE,
      configView: () => ({ settings: [] }),
      notifications: NO_NOTIFICATIONS,
      access: createFakeAccess(),
      configLoad: () => ({ file: undefined, at: clock.now(), problems: [] }),
      commitProblem: () => undefined,
      problems: () => [],
      acknowledge: async (fingerprint, acknowledgement) => {
        const alert = live.alert(fingerprint);
        if (alert === undefined || alert.state.name === "resolved") return undefined;
        const { acknowledgement: _, ...rest } = alert;
        const next = acknowledgement === undefined ? rest : { ...rest, acknowledgement };
        store.put(next);
        live.commit(next);
        return next;
      },
      started: () => true,
      namespacesKnown: () => true,
      kubernetesVersion: () => undefined,
      clockSkew: () => undefined,
      ...overrides,
    },
    { ...HTTP_OPTIONS, ...options },
  );
  convertTimes(server.app);
  return {
    server,
    app: server.app,
    live,
    store,
    clock,
    evidence,
    log,
    raise: (...alerts) => {
      store.put(...alerts);
      live.commit(...alerts);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Tests write and read times of /api/v1 as numbers, as the page does; http-schemas.test.ts checks the wire format. */
function convertTimes(app: HttpServer["app"]): void {
  const inject = app.inject.bind(app) as (options: InjectOptions | string) => Promise<LightMyRequestResponse>;
  const converting = async (options: InjectOptions | string) => {
    const hasTimes = typeof options === "object" && typeof options.payload === "object";
    const response = await inject(
      hasTimes
        ? { ...options, payload: encodeTimes(options.payload) as NonNullable<InjectOptions["payload"]> }
        : options,
    );
    return Object.assign(response, { json: () => decodeTimes(JSON.parse(response.body)) });
  };
  app.inject = converting as unknown as typeof app.inject;
}
