import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/**
 * Tests the packages that users get: the steps of OpenShift's Node.js builder (sclorg/s2i-nodejs-container, 24) on a copy
 * of the checkout, and the npm package installed into an empty folder. The copy shares node_modules through hard links,
 * because `npm ci` takes two minutes even from a full cache and has already run in this checkout.
 */
const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** As on OpenShift: user ids without an entry in /etc/passwd, one to build and another to run. */
const BUILDER = 1_000_650_000;
const RUNNER = 1_000_770_000;
const isRoot = process.getuid?.() === 0;

const folder = mkdtempSync(join(tmpdir(), "pod-watcher-packaging-"));
const app = join(folder, "app-root");
const state = join(folder, "state");
const nodeFolder = dirname(process.execPath);

const environment = (more: Readonly<Record<string, string>>) => ({
  PATH: `${nodeFolder}:/usr/local/bin:/usr/bin:/bin`,
  NODE_ENV: "production",
  npm_config_cache: process.env.npm_config_cache ?? join(folder, "npm-cache"),
  ...more,
});

/** Only root can become another user; without root the test runs as the current user. */
const as = (uid: number) => (isRoot ? { uid, gid: 0 } : {});

async function npm(args: readonly string[], cwd: string, options: object = {}) {
  return run("npm", args, { cwd, env: environment({ HOME: cwd }), maxBuffer: 1 << 26, ...options });
}

const guards = new Set<ChildProcess>();

/**
 * Kills a process group when this process disposes it or ends, however it ends: npm and npx have children that outlive
 * them.
 */
function guard(group: number): ChildProcess {
  const script = "read _; kill -s KILL -- -$1";
  const shell = spawn("sh", ["-c", script, "sh", String(group)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guards.add(shell);
  shell.once("exit", () => guards.delete(shell));
  return shell;
}

/** Starts a command in a separate process group, waits for the address that it prints, and sends a request. */
async function probe(command: string, args: readonly string[], options: object, path: string) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  const group = child.pid === undefined ? undefined : guard(child.pid);
  let output = "";
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const match = /at (http:\/\/\S+)/.exec(output);
      if (match) resolve(match[1]!);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it listened:\n${output}`)));
  });
  const exited = once(child, "exit").finally(() => group?.stdin?.end());
  try {
    const answer = await fetch(new URL(path, await url));
    return { status: answer.status, body: await answer.text(), end: () => child.kill("SIGTERM") && exited };
  } catch (error) {
    group?.stdin?.end();
    throw error;
  }
}

beforeAll(async () => {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    maxBuffer: 1 << 26,
  });
  const files = stdout.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));
  chmodSync(folder, 0o755);
  await run("mkdir", ["-p", app, state, join(folder, "npm-cache")]);
  await run("cp", ["--parents", "-t", app, ...files], { cwd: ROOT });
  for (const modules of ["node_modules", "ui/node_modules"]) {
    if (existsSync(join(ROOT, modules))) await run("cp", ["-al", join(ROOT, modules), join(app, modules)]);
  }
  if (!isRoot) return;
  // Except node_modules, which belongs to the checkout.
  await run("find", [app, "-type", "d", "-exec", "chown", `${BUILDER}:0`, "{}", "+"]);
  for (const file of files) chownSync(join(app, file), BUILDER, 0);
  chownSync(state, RUNNER, 0);
  chownSync(join(folder, "npm-cache"), BUILDER, 0);
}, 120_000);

afterAll(async () => {
  const ended = [...guards].map((shell) => once(shell, "exit"));
  for (const shell of guards) shell.stdin?.end();
  await Promise.all(ended);
  rmSync(folder, { recursive: true, force: true });
});

const cluster = { OPENSHIFT_HOST: "127.0.0.1:1", OPENSHIFT_TOKEN: "of-nobody", OPENSHIFT_NAMESPACE: "shop" };
const settings = { ...cluster, PODMONITOR_FILEPATH: state, PORT: "0" };

/**
 * Runs the command with a read-only root, like `readOnlyRootFilesystem`, except for the state folder. This needs private
 * mounts: root can create them, and other users if the kernel allows it. Exits with 99 if the root is writable after all.
 * Undefined if the mounts cannot be created.
 */
async function onReadOnlyRoot(
  command: string,
  args: readonly string[],
): Promise<readonly [string, string[]] | undefined> {
  const unshare = isRoot ? ["--mount"] : ["--map-root-user", "--mount"];
  const become = isRoot ? ["setpriv", `--reuid=${RUNNER}`, "--regid=0", "--clear-groups"] : [];
  const script = `
    folder=$1 state=$2; shift 2
    mount --bind "$folder" "$folder" && mount --bind "$state" "$state" &&
      mount -o remount,bind,ro "$folder" && mount -o remount,bind,ro / || exit 98
    for place in "$folder/image" "$folder" /; do touch "$place/written" 2>/dev/null && exit 99; done
    touch "$state/writable" || exit 98
    exec "$@"`;
  const wrapped = (inner: readonly string[]) => [
    ...unshare,
    "sh",
    "-c",
    script,
    "sh",
    folder,
    state,
    ...become,
    ...inner,
  ];
  const tried = await run("unshare", wrapped(["true"])).then(
    () => true,
    (error: { code?: unknown }) => {
      if (error.code === 99) throw error;
      return false;
    },
  );
  return tried ? ["unshare", wrapped([command, ...args])] : undefined;
}

describe("the steps of the OpenShift builder (but for its npm ci, which takes minutes)", () => {
  it("build: npm run build", async () => {
    const { stdout } = await npm(["run", "build", "--if-present"], app, as(BUILDER));
    expect(stdout).toMatch(/dist: \d+ KiB/);
    expect(readdirSync(join(app, "dist"))).toContain("pod-watcher.mjs");
    expect(globSync("**/*.ts", { cwd: join(app, "dist") })).toEqual([]);
    expect(readdirSync(join(app, "ui/dist"))).toContain("index.html");
  }, 300_000);

  it("pack: the npm package has what it needs and nothing else", async () => {
    const { stdout } = await npm(["pack", "--ignore-scripts", "--json", "--pack-destination", folder], app, {
      env: environment({ HOME: app, npm_config_cache: join(folder, "pack-cache") }),
    });
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[]; unpackedSize: number }];
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "bin/pod-watcher.js",
        "dist/pod-watcher.mjs",
        "ui/dist/index.html",
        "docs/configuration.md",
        "LICENSE",
        "THIRD_PARTY.md",
        "package.json",
        "README.md",
      ]),
    );
    expect(paths.filter((path) => /^(src|test|bench|ui\/src|scripts|deploy)\/|\.test\.|tsconfig/.test(path))).toEqual(
      [],
    );
    // 9 MiB of it is the program with the packages it uses.
    expect(packed.unpackedSize).toBeLessThan(14 * 1024 * 1024);
  }, 120_000);

  it("the image: one file, the page and package.json are enough, for an unknown user who owns none of them", async () => {
    const image = join(folder, "image");
    await run("mkdir", ["-p", join(image, "ui")]);
    for (const path of ["package.json", "dist", "ui/dist"]) {
      await run("cp", ["-r", join(app, path), join(image, dirname(path))]);
    }
    const options = { cwd: "/", env: environment({ ...settings, HOME: "/tmp" }), ...as(RUNNER) };
    const { status, body, end } = await probe(
      process.execPath,
      [join(image, "dist/pod-watcher.mjs"), "serve"],
      options,
      "/api/docs/",
    );
    expect([status, body]).toEqual([200, expect.stringContaining("swagger-ui")]);
    expect(await end()).toEqual([0, null]);
  }, 300_000);

  it("the image: runs where nothing can be written but its state", async (context) => {
    const command = await onReadOnlyRoot(process.execPath, [join(folder, "image/dist/pod-watcher.mjs"), "serve"]);
    if (command === undefined) return context.skip("the kernel lets this user make no mounts to try it with");
    const options = { cwd: "/", env: environment({ ...settings, HOME: "/tmp" }) };
    const { status, end } = await probe(command[0], command[1], options, "/startupz");
    expect(status).toBe(200);
    expect(await end()).toEqual([0, null]);
  }, 60_000);

  it("prune: npm prune leaves what it runs with", async () => {
    await npm(["prune", "--no-audit", "--no-fund"], app, as(BUILDER));
    expect(existsSync(join(app, "node_modules/vitest"))).toBe(false);
    expect(existsSync(join(app, "node_modules/fastify"))).toBe(true);
  }, 300_000);

  it("run: npm start, as another unknown user who cannot write to the program", async () => {
    const options = { cwd: app, env: environment({ ...settings, HOME: app }), ...as(RUNNER) };
    const { status, end } = await probe("npm", ["run", "-d", "start"], options, "/livez");
    expect(status).toBe(200);
    // npm forwards the signal, so the server ends with it and nothing is orphaned.
    expect(await end()).toEqual([0, null]);
    expect(readdirSync(state).length).toBeGreaterThan(0);
  }, 60_000);

  it("run: node alone, without HOME, as in the image", async () => {
    const options = { cwd: "/", env: environment(settings), ...as(RUNNER) };
    const { status, end } = await probe(
      process.execPath,
      [join(app, "bin/pod-watcher.js"), "serve"],
      options,
      "/startupz",
    );
    expect(status).toBe(200);
    expect(await end()).toEqual([0, null]);
  }, 60_000);
});

it("the npm package, installed into an empty folder, shows the demo", async (context) => {
  const empty = join(folder, "empty");
  await run("mkdir", ["-p", empty]);
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
  const env = { ...process.env, PATH: `${nodeFolder}:${process.env.PATH}` };
  const install = ["install", tarball, "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  const failure = await npm(install, empty, { env }).catch((error: Error & { stderr?: string }) => error);
  if (failure instanceof Error) {
    const reason = String(failure.stderr ?? failure.message);
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network/i.test(reason))
      context.skip("the npm registry cannot be reached");
    throw failure;
  }
  expect(existsSync(join(empty, "node_modules/pod-watcher/src"))).toBe(false);
  const options = { cwd: empty, env };
  const { status, body, end } = await probe("npx", ["pod-watcher", "demo", "--port", "0"], options, "/status");
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ config: { namespace: "batch,media,platform,shop" } });
  await end();
}, 300_000);
