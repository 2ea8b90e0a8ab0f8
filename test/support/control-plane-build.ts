import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** A version of Kubernetes that `npm run test:cluster` knows. */
interface KubernetesVersion {
  /** Pins the modules, in test/cluster/control-plane. */
  readonly modFile: string;
  /** The earlier minor version whose features and defaults the binary serves (KEP-4330). */
  readonly emulated?: string;
}

/** By the value of POD_WATCHER_TEST_KUBERNETES. ADR 0021 says why these. */
const VERSIONS: Readonly<Record<string, KubernetesVersion>> = {
  "1.37": { modFile: "go.mod" },
  "1.34": { modFile: "go.mod", emulated: "1.34" },
  "1.28": { modFile: "oldest.mod" },
};

const FOLDER = join(import.meta.dirname, "../cluster/control-plane");

export function kubernetesVersion(name: string): KubernetesVersion {
  const version = VERSIONS[name];
  if (version !== undefined) return version;
  throw new Error(
    `POD_WATCHER_TEST_KUBERNETES is ${JSON.stringify(name)}: use one of ${Object.keys(VERSIONS).join(", ")}`,
  );
}

/**
 * Builds the binary and returns its path. Takes minutes the first time and seconds with the build cache of Go.
 * Undefined when Go is not installed.
 */
export async function buildControlPlane({ modFile }: KubernetesVersion): Promise<string | undefined> {
  const release = /^\s*(?:require )?k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)$/m.exec(
    readFileSync(join(FOLDER, modFile), "utf8"),
  );
  if (release === null) throw new Error(`${modFile} requires no version of k8s.io/kubernetes`);
  const [, version, major, minor] = release;
  const binary = join(FOLDER, "dist", `control-plane-${version}`);
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const flags = Object.entries(variables).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  try {
    const build = ["build", `-modfile=${modFile}`, "-p=2", "-trimpath", `-ldflags=-s -w ${flags.join(" ")}`];
    await promisify(execFile)("go", [...build, "-o", binary, "."], { cwd: FOLDER });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && existsSync(FOLDER)) return undefined;
    throw error;
  }
  return binary;
}
