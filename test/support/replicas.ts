import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CliProcess, startCli } from "./cli-process.ts";
import { type HttpSink, startHttpSink } from "./http-sink.ts";
import { startPostgres } from "./postgres.ts";
import { type Stage, setStage } from "./running-app.ts";

/** Processes of the program on one PostgreSQL, with a simulated cluster and a webhook receiver. */
export interface ReplicaStage extends AsyncDisposable {
  readonly cluster: Stage["cluster"];
  readonly sink: HttpSink;
  /** The database of the replicas. */
  readonly databaseUrl: string;
  start(env?: Readonly<Record<string, string>>): ReplicaProcess;
  /** `firing web-0`, in the order of arrival, without repeated attempts under one idempotency key. */
  notified(): readonly string[];
}

export interface ReplicaProcess extends AsyncDisposable {
  readonly cli: CliProcess;
  /** Resolves with the address when this replica owns the state and serves. */
  readonly active: Promise<string>;
  /** Resolves with the address when this replica stands by and serves. */
  readonly standby: Promise<string>;
}

/** Undefined where PostgreSQL cannot be started. */
export async function setReplicaStage(): Promise<ReplicaStage | undefined> {
  const postgres = await startPostgres();
  if (postgres === undefined) return undefined;
  const stage = await setStage();
  const sink = await startHttpSink();
  const file = join(stage.folder, "config.yaml");
  const receivers = `receivers: [{ name: team, type: webhook, url: "${sink.origin}/hook" }]`;
  writeFileSync(file, `${receivers}\nroute: { receiver: team, group_wait: 0s, group_interval: 1s }\n`);
  const started: ReplicaProcess[] = [];
  return {
    cluster: stage.cluster,
    sink,
    databaseUrl: postgres.url,
    start(env = {}) {
      const cli = startCli(["serve"], {
        ...stage.env,
        POD_WATCHER_CONFIG: file,
        POD_WATCHER_DATABASE_URL: postgres.url,
        ...env,
      });
      const first = async (pattern: RegExp) => (await cli.prints(pattern))[1] ?? "";
      const [active, standby] = [first(/running at (http:\S+)/), first(/"event":"standby_listening","url":"([^"]+)"/)];
      // A process that is killed never becomes the other.
      for (const one of [active, standby]) one.catch(() => {});
      const replica = { cli, active, standby, [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose]() };
      started.push(replica);
      return replica;
    },
    notified() {
      const byKey = new Map<string, string>();
      for (const { headers, body } of sink.requests) {
        const { status, alerts } = JSON.parse(body) as {
          status: string;
          alerts: readonly { labels: { pod?: string } }[];
        };
        const pods = alerts.map(({ labels }) => labels.pod).join();
        byKey.set(String(headers["idempotency-key"]), `${status} ${pods}`);
      }
      return [...byKey.values()];
    },
    async [Symbol.asyncDispose]() {
      for (const replica of started) await replica[Symbol.asyncDispose]();
      await sink[Symbol.asyncDispose]();
      await stage[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
    },
  };
}
