import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { join } from "node:path";
import { populate } from "@pod-watcher/simulator/bench/population";
import { createCertificateAuthority } from "@pod-watcher/simulator/http/certificate";
import { systemClock } from "../../src/ports/system-clock.ts";
import { startCli } from "../support/cli-process.ts";
import { cpuTimeOf } from "../support/cpu-time.ts";
import { setStage } from "../support/running-app.ts";

/** The program in a process of its own, so that its memory and its sockets can be measured from outside. */
export interface AttackedProgram extends AsyncDisposable {
  readonly url: URL;
  readonly port: number;
  /** Whether the kernel enforces its limit of memory. */
  readonly isInCgroup: boolean;
  hasEnded(): boolean;
  /** The certificate authority of its certificate, with TLS. */
  readonly ca: string;
  /** Resident memory in MiB. */
  memory(): number;
  sockets(): number;
  /** Status and duration of one GET /livez over a connection of its own, as a kubelet sends it. */
  livez(): Promise<Probe>;
}

export interface Probe {
  /** 0 when there was no response. */
  readonly status: number;
  /** Milliseconds of CPU time that the program's main thread used while the probe waited: what it did instead. */
  readonly tookMs: number;
}

const PROBE_TIMEOUT_MS = 60_000;
/** For a probe during an attack. */
export const LATENCY_MS = 3_000;

export interface AttackedOptions {
  readonly tls?: boolean;
  /** More lines of the configuration file, below `http` if indented. */
  readonly config?: string;
  /** Pods in a crash loop that exist at the start. */
  readonly crashing?: number;
  /** MiB of its memory: the heap gets three quarters, and the program a cgroup if this host lets us create one. */
  readonly memory?: number;
}

export async function startAttacked(options: AttackedOptions = {}): Promise<AttackedProgram> {
  const { tls = false, config = "", crashing = 0, memory } = options;
  const stage = await setStage();
  populate(stage.cluster.storage, systemClock, { namespaces: ["shop"], pods: crashing, crashLooping: 1 });
  const authority = createCertificateAuthority();
  const file = join(stage.folder, "config.yaml");
  const { certPem, keyPem } = authority.issueServer(["localhost", "127.0.0.1"]);
  writeFileSync(join(stage.folder, "tls.crt"), certPem);
  writeFileSync(join(stage.folder, "tls.key"), keyPem);
  const pair = `cert_file: ${join(stage.folder, "tls.crt")}, key_file: ${join(stage.folder, "tls.key")}`;
  writeFileSync(file, `http:\n${tls ? `  tls: { ${pair} }\n` : ""}  requests_per_minute: 1000000\n${config}`);
  const heap = memory === undefined ? {} : { NODE_OPTIONS: `--max-old-space-size=${Math.floor((memory * 3) / 4)}` };
  const cli = startCli(["serve"], { ...stage.env, ...heap, POD_WATCHER_CONFIG: file });
  const cgroup = memory === undefined ? undefined : createCgroup(cli.process.pid!, memory);
  const [, address = ""] = await cli.prints(/running at (https?:\/\/\S+)/);
  const url = new URL(address);
  const proc = `/proc/${cli.process.pid}`;
  return {
    url,
    isInCgroup: cgroup !== undefined,
    hasEnded: () => cli.process.exitCode !== null || cli.process.signalCode !== null,
    port: Number(url.port),
    ca: authority.certPem,
    memory: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`${proc}/status`, "utf8"))![1]) / 1024,
    sockets: () =>
      readdirSync(`${proc}/fd`).filter((fd) => {
        try {
          return readlinkSync(`${proc}/fd/${fd}`).startsWith("socket:");
        } catch {
          return false;
        }
      }).length,
    livez: () => {
      const before = cpuTimeOf(cli.process.pid);
      const get = url.protocol === "https:" ? getSecure : getPlain;
      return new Promise((resolve) => {
        const done = (status: number) => resolve({ status, tookMs: cpuTimeOf(cli.process.pid) - before });
        const options = { agent: false as const, ca: authority.certPem, timeout: PROBE_TIMEOUT_MS };
        const request = get(new URL("livez", url), options, (response) => {
          response.resume().once("end", () => done(response.statusCode ?? 0));
        });
        request.once("timeout", () => request.destroy()).once("error", () => done(0));
      });
    },
    [Symbol.asyncDispose]: async () => {
      await cli[Symbol.asyncDispose]();
      cgroup?.[Symbol.dispose]();
      await stage[Symbol.asyncDispose]();
    },
  };
}

/**
 * A memory cgroup with this one process, as a container has; undefined where this host does not let us create one. Its
 * controller is that of version 1 or of version 2 (https://docs.kernel.org/admin-guide/cgroup-v2.html).
 */
function createCgroup(pid: number, mebibytes: number): Disposable | undefined {
  const name = `pod-watcher-test-${pid}`;
  for (const [root, limit] of [
    ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
    ["/sys/fs/cgroup", "memory.max"],
  ] as const) {
    const folder = join(root, name);
    try {
      mkdirSync(folder);
      // The kernel creates it. Without it, this is a folder like any other.
      if (!existsSync(join(folder, limit))) throw new Error("This is not a cgroup");
      writeFileSync(join(folder, limit), String(mebibytes * 1024 * 1024));
      writeFileSync(join(folder, "cgroup.procs"), String(pid));
      return { [Symbol.dispose]: () => rmdirSync(folder) };
    } catch {
      if (existsSync(folder)) rmdirSync(folder);
    }
  }
  return undefined;
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The highest memory and the worst probe over a time, measured four times a second; stops early beyond `stopAt` MiB. */
export async function observe(program: AttackedProgram, forMs: number, stopAt: number) {
  const endsAt = performance.now() + forMs;
  let memory = 0;
  const probes: Probe[] = [];
  while (performance.now() < endsAt && memory < stopAt) {
    memory = Math.max(memory, program.memory());
    probes.push(await program.livez());
    await pause(250);
  }
  return {
    memory,
    failed: probes.filter(({ status }) => status !== 200).length,
    slowestMs: Math.max(...probes.map(({ tookMs }) => tookMs)),
  };
}
