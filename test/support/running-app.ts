import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Simulator, type SimulatorOptions, startSimulator } from "@pod-watcher/simulator";
import { type App, startApp } from "../../src/app/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { createLogger, type Logger } from "../../src/telemetry/logger.ts";

/** A simulated cluster and the environment to watch it; `start` runs the real program against it, repeatedly if needed. */
export interface Stage extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly cluster: Simulator["cluster"];
  /** Environment variables of `serve`. */
  readonly env: Readonly<Record<string, string>>;
  /** The state folder. */
  readonly folder: string;
  start(env?: Readonly<Record<string, string>>, logger?: Logger): Promise<RunningApp>;
}

export interface RunningApp extends AsyncDisposable {
  readonly app: App;
  readonly url: string;
  get<Body = unknown>(path: string): Promise<{ status: number; body: Body }>;
}

export async function setStage(
  options: Partial<SimulatorOptions> & { readonly permitted?: readonly string[] } = {},
): Promise<Stage> {
  const namespaces = options.namespaces ?? ["shop"];
  const folder = mkdtempSync(join(tmpdir(), "pod-watcher-test-"));
  const simulator = await startSimulator({ clock: systemClock, ...options, namespaces });
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, simulator.caPem);
  const env = {
    OPENSHIFT_HOST: new URL(simulator.url).host,
    OPENSHIFT_NAMESPACE: namespaces.join(","),
    OPENSHIFT_TOKEN: simulator.token(options.permitted ?? namespaces),
    OPENSHIFT_CA_FILE: caFile,
    PODMONITOR_FILEPATH: folder,
    PORT: "0",
    BIND_ADDRESS: "127.0.0.1",
  };
  return {
    simulator,
    cluster: simulator.cluster,
    env,
    folder,
    start: async (more = {}, logger = createLogger("silent")) => {
      const loaded = loadConfig({ env: { ...env, ...more } });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const app = await startApp(loaded, logger);
      return {
        app,
        url: app.address.url,
        get: async <Body>(path: string) => {
          const response = await fetch(new URL(path, app.address.url), { headers: { accept: "application/json" } });
          const text = await response.text();
          const isJson = response.headers.get("content-type")?.includes("json") === true;
          return { status: response.status, body: (isJson ? JSON.parse(text) : text) as Body };
        },
        [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await simulator[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
