import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CliProcess, startCli } from "./cli-process.ts";

/** `pod-watcher serve` in a process of its own, watching namespaces of a cluster with a service account's token. */
export interface WatchingProgram extends AsyncDisposable {
  readonly process: CliProcess["process"];
  /** The state of the watch of each namespace, such as `live`. */
  states(): Promise<Readonly<Record<string, string>>>;
  /** The alerts that are due or firing, by the newest state. */
  alerts(): Promise<readonly ProgramAlert[]>;
  /** The sum of the samples of a metric with these labels. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Replaces the token in the file that the program reads. */
  writeToken(token: string): void;
}

export interface ProgramAlert {
  readonly alertname: string;
  readonly namespace: string;
  readonly podLongName: string;
  readonly workload: string;
  readonly reason: string;
  readonly summary: string;
  readonly description: string;
  readonly resolvedAt?: string;
}

export interface WatchedCluster {
  readonly host: string;
  readonly ca: string | undefined;
  readonly token: string;
}

export async function watchWithProgram(
  cluster: WatchedCluster,
  namespaces: readonly string[],
): Promise<WatchingProgram> {
  const folder = mkdtempSync(join(tmpdir(), "pod-watcher-cluster-"));
  const [caFile, tokenFile] = [join(folder, "ca.pem"), join(folder, "token")];
  if (cluster.ca !== undefined) writeFileSync(caFile, cluster.ca);
  writeFileSync(tokenFile, cluster.token);
  const cli = startCli(["serve"], {
    OPENSHIFT_HOST: cluster.host,
    OPENSHIFT_NAMESPACE: namespaces.join(","),
    OPENSHIFT_TOKEN_FILE: tokenFile,
    ...(cluster.ca !== undefined && { OPENSHIFT_CA_FILE: caFile }),
    PODMONITOR_FILEPATH: folder,
    PORT: "0",
    BIND_ADDRESS: "127.0.0.1",
  });
  const [, url = ""] = await cli.prints(/running at (http:\S+)/);
  const get = async (path: string) => (await fetch(new URL(path, url))).text();
  return {
    process: cli.process,
    states: async () => {
      const { namespaces: all } = JSON.parse(await get("status")) as {
        namespaces: readonly { namespace: string; state: string }[];
      };
      return Object.fromEntries(all.map(({ namespace, state }) => [namespace, state]));
    },
    alerts: async () => JSON.parse(await get("pod-restart-alerts?peek=true")) as ProgramAlert[],
    metric: async (name, labels = {}) => {
      const lines = (await get("metrics")).split("\n").filter((line) => line.startsWith(`${name}{`));
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const matching = lines.filter((line) => wanted.every((part) => line.includes(part)));
      return matching.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    },
    writeToken: (token) => writeFileSync(tokenFile, token),
    [Symbol.asyncDispose]: async () => {
      await cli[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
