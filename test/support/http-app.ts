import { ALERTNAMES } from "../../src/core/model/alert.ts";
import type { Policy } from "../../src/core/model/policy.ts";
import { MINUTE } from "../../src/core/model/time.ts";
import { createHttpServer, type HttpDeps, type HttpOptions, type HttpServer } from "../../src/http/server/server.ts";
import type { Evidence } from "../../src/ports/evidence.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createFakeAlertStore, type FakeAlertStore } from "./fake-alert-store.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeLiveState, type FakeLiveState } from "./fake-live-state.ts";

/** The HTTP side on fakes: what a test puts into `live` and `store` is what the pages show. */
export interface HttpApp extends AsyncDisposable {
  readonly server: HttpServer;
  readonly app: HttpServer["app"];
  readonly live: FakeLiveState;
  readonly store: FakeAlertStore;
  readonly clock: FakeClock;
  readonly evidence: FakeEvidence;
  /** What was logged, one parsed line each. */
  readonly log: readonly Record<string, unknown>[];
  /** A firing alert for pages and consumers alike. */
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
};

export async function startHttpApp(
  options: Partial<HttpOptions> = {},
  overrides: Partial<HttpDeps> = {},
): Promise<HttpApp> {
  const clock = createFakeClock();
  const live = createFakeLiveState();
  const store = createFakeAlertStore();
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
      configView: () => ({ settings: [] }),
      commitProblem: () => undefined,
      started: () => true,
      ...overrides,
    },
    { ...HTTP_OPTIONS, ...options },
  );
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
