import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, lstatSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/**
 * Builds the Containerfile with buildah and tests the image. Red Hat's base images are replaced by stand-ins of the same
 * name from Debian's packages and the Node.js of this checkout: registries of images need not be reachable.
 */
const ROOT = join(import.meta.dirname, "../..");
/** As on OpenShift: a user id without an entry in /etc/passwd, in group 0. */
const UID = 1_000_780_000;
const RUNTIME = "registry.access.redhat.com/ubi9/nodejs-24-minimal:9.7";
const BUILDER = "registry.access.redhat.com/ubi9/nodejs-24:9.7";
const IMAGE = "localhost/pod-watcher:test";

interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly ExposedPorts: object;
  readonly Volumes: object;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "pod-watcher-image-"));
const env = {
  ...process.env,
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  BUILDAH_ISOLATION: "chroot",
};
const storage = ["--root", join(folder, "storage"), "--runroot", join(folder, "run")];

async function buildah(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("buildah", [...storage, ...args], { env, cwd: ROOT, maxBuffer: 1 << 26 });
  return stdout.trim();
}

async function isInstalled(tool: string): Promise<boolean> {
  return run(tool, ["--version"], { env }).then(
    () => true,
    () => false,
  );
}

const missing = await (async () => {
  if (process.getuid?.() !== 0) return "only root can build images without further configuration";
  for (const tool of ["buildah", "mmdebstrap"]) if (!(await isInstalled(tool))) return `${tool} is not installed`;
  return undefined;
})();

/** A small Debian with this Node.js, under the names of Red Hat's images; the builder has npm too. */
async function makeBaseImages(): Promise<void> {
  const system = join(folder, "system.tar");
  const suite = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
  await run("mmdebstrap", ["--variant=essential", "--include=libstdc++6,libatomic1", suite, system], { env });
  const base = await buildah("from", "scratch");
  await buildah("add", base, system, "/");
  await buildah("copy", base, realpathSync(process.execPath), "/usr/local/bin/node");
  await buildah("config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin", base);
  // Buildah creates these where they are missing, for its mounts; they would count as added by the image.
  await buildah("run", base, "sh", "-c", "mkdir -p /tmp/npm-cache /etc/ssl/certs && touch /etc/hosts");
  await buildah("commit", "-q", base, RUNTIME);
  const { stdout } = await run("sh", ["-c", 'realpath "$(command -v npm)"'], { env });
  await buildah("copy", base, dirname(dirname(stdout.trim())), "/usr/local/lib/node_modules/npm");
  await buildah("run", base, "ln", "-s", "../lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm");
  // The packages of `npm ci` come from the cache of this machine, or through its certificates.
  await buildah("config", "--env", "npm_config_cache=/tmp/npm-cache", base);
  await buildah("config", "--env", "npm_config_prefer_offline=true", base);
  await buildah("config", "--env", "npm_config_cafile=/etc/ssl/certs/ca-certificates.crt", base);
  await buildah("commit", "-q", base, BUILDER);
  await buildah("rm", base);
  rmSync(system);
}

const containers = { image: "", base: "" };
const mounts = { image: "", base: "" };
let config: ImageConfig;

beforeAll(async () => {
  if (missing !== undefined) return;
  await makeBaseImages();
  const cache = process.env.npm_config_cache ?? join(homedir(), ".npm");
  await run("mkdir", ["-p", cache]);
  const shared = ["--volume", `${cache}:/tmp/npm-cache`, "--volume", "/etc/ssl/certs:/etc/ssl/certs:ro"];
  await buildah("build", "--pull=never", "--format", "docker", ...shared, "-f", "Containerfile", "-t", IMAGE, ".");
  const inspected = JSON.parse(await buildah("inspect", "--type", "image", IMAGE)) as {
    Docker: { config: ImageConfig };
  };
  config = inspected.Docker.config;
  for (const [name, image] of [
    ["image", IMAGE],
    ["base", RUNTIME],
  ] as const) {
    containers[name] = await buildah("from", "--pull-never", image);
    mounts[name] = await buildah("mount", containers[name]);
  }
}, 600_000);

afterAll(async () => {
  if (missing === undefined) await buildah("rm", "--all").catch(() => {});
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const files = (mount: string, under = "") =>
  globSync(`${under === "" ? "" : `${under}/`}**`, { cwd: mount }).filter((path) => path !== "");

/** Runs a command in the container as OpenShift does: another user id, group 0. */
function start(port: number, command: readonly string[]): ChildProcess {
  const settings = {
    OPENSHIFT_HOST: "127.0.0.1:1",
    OPENSHIFT_TOKEN: "of-nobody",
    OPENSHIFT_NAMESPACE: "shop",
    PORT: String(port),
  };
  const variables = Object.entries(settings).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return spawn("buildah", [...storage, "run", "--user", `${UID}:0`, ...variables, containers.image, "--", ...command], {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
}

async function exitCode(child: ChildProcess): Promise<number> {
  const [code] = await once(child, "exit");
  return code;
}

/** The program itself: the processes of buildah around it have its arguments too, but not its name. */
function programPid(): number | undefined {
  const mine = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/status`, "utf8").includes(`Uid:\t${UID}\t`) &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("/usr/local/bin/node\0--max")
        );
      } catch {
        return false;
      }
    });
  return mine[0] === undefined ? undefined : Number(mine[0]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

describe("the image", () => {
  it("runs as a user without privileges, and says what it listens to and stores", (context) => {
    if (missing !== undefined) context.skip(missing);
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(config).toMatchObject({
      User: "1001",
      Cmd: ["serve"],
      ExposedPorts: { "8080/tcp": {} },
      Volumes: { "/var/lib/pod-watcher": {} },
      Labels: { version, "org.opencontainers.image.version": version },
    });
    expect(config.Env).toEqual(
      expect.arrayContaining(["NODE_ENV=production", "HOME=/tmp", "PODMONITOR_FILEPATH=/var/lib/pod-watcher"]),
    );
    expect(config.Env.filter((variable) => /npm_|TOKEN|PASSWORD/i.test(variable))).toEqual([]);
  });

  it("adds the program, its page, its licences and its SBOM to the base image, and nothing else", (context) => {
    if (missing !== undefined) context.skip(missing);
    expect(readdirSync(join(mounts.image, "app")).toSorted()).toEqual(
      ["LICENSE", "THIRD_PARTY.md", "dist", "package.json", "sbom.cdx.json", "ui"].toSorted(),
    );
    const before = new Set(files(mounts.base));
    const added = files(mounts.image).filter((path) => !before.has(path));
    expect(added.filter((path) => !/^(app|var\/lib\/pod-watcher)(\/|$)/.test(path))).toEqual([]);
    expect(added.filter((path) => /node_modules|\.tsx?$|\.npmrc|\.git/.test(path))).toEqual([]);
    const { components } = JSON.parse(readFileSync(join(mounts.image, "app/sbom.cdx.json"), "utf8")) as {
      components: { name: string }[];
    };
    expect(components.map(({ name }) => name)).toContain("fastify");
  });

  it("lets its user read the program, and write its state only", (context) => {
    if (missing !== undefined) context.skip(missing);
    const app = files(mounts.image, "app").map((path) => ({ path, stat: lstatSync(join(mounts.image, path)) }));
    expect(app.length).toBeGreaterThan(20);
    // Group 0 is the group of every user on OpenShift.
    const wrong = app.filter(({ stat }) => stat.uid !== 0 || (stat.mode & 0o022) !== 0 || (stat.mode & 0o004) === 0);
    expect(wrong.map(({ path, stat }) => `${path} ${(stat.mode & 0o7777).toString(8)}`)).toEqual([]);
    const state = lstatSync(join(mounts.image, "var/lib/pod-watcher"));
    expect([state.gid, (state.mode & 0o7777).toString(8)]).toEqual([0, "775"]);
  });

  it("starts with its entry point, passes its health check, fails it when it is gone, and stops on SIGTERM", async (context) => {
    if (missing !== undefined) context.skip(missing);
    const port = await freePort();
    const [kind, ...check] = config.Healthcheck.Test;
    expect(kind).toBe("CMD");
    const program = start(port, [...config.Entrypoint, ...config.Cmd]);
    const ended = exitCode(program);
    const status = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (answer) => answer.status,
        () => 0,
      );
    await expect.poll(() => status("/livez"), { timeout: 60_000 }).toBe(200);
    expect(await status("/api/docs/")).toBe(200);
    expect(await exitCode(start(port, check))).toBe(0);
    const pid = programPid();
    if (pid === undefined) throw new Error("the program does not run as the user that was given");
    process.kill(pid, "SIGTERM");
    expect(await ended).toBe(0);
    expect(await exitCode(start(port, check))).toBe(1);
  }, 120_000);
});
