import { execFile } from "node:child_process";
import { z } from "zod";
import type { Instant } from "../../core/model/time.ts";
import { maskSecrets } from "../../core/text/mask.ts";
import { CredentialsError } from "./credentials-error.ts";
import type { Cluster, ExecPlugin } from "./kubeconfig.ts";

/** The output of an exec plugin (client.authentication.k8s.io ExecCredential, status). */
export interface ExecCredential {
  readonly token: string | undefined;
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  /** Undefined: valid until it is refused. */
  readonly expiresAt: Instant | undefined;
}

export interface ExecOptions {
  readonly cluster: Cluster;
  /** The variables that the plugin inherits, PATH and HOME among them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of the user, for errors: `context shop of /home/x/.kube/config`. */
  readonly description: string;
}

/** A plugin that takes longer probably waits for a login in a browser. */
const DEADLINE_MS = 60_000;

const KNOWN_VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

const Answer = z.object({
  kind: z.literal("ExecCredential"),
  apiVersion: z.string(),
  status: z.object({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
});

/** Runs the plugin once, without a terminal. Throws CredentialsError. */
export async function runExecPlugin(plugin: ExecPlugin, options: ExecOptions): Promise<ExecCredential> {
  const fail = (problem: string, remedy: string, cause?: unknown) =>
    new CredentialsError(`the exec plugin ${plugin.command} of ${options.description} ${problem}`, remedy, cause);
  if (!KNOWN_VERSIONS.includes(plugin.apiVersion)) {
    throw fail(
      `requests ${plugin.apiVersion}`,
      `Update the kubeconfig: ${KNOWN_VERSIONS.join(" and ")} are supported.`,
    );
  }
  if (plugin.interactiveMode === "Always") {
    throw fail(
      "wants to ask questions at a terminal",
      "Use a token: set OPENSHIFT_TOKEN to the output of `kubectl create token SERVICEACCOUNT`.",
    );
  }
  const output = await run(plugin, options).catch((error: RunError) => {
    if (error.code === "ENOENT") {
      throw fail("is not installed", plugin.installHint ?? `Install ${plugin.command}, or add it to PATH.`, error);
    }
    const said = error.stderr.trim().split("\n").at(-1) ?? "";
    const how = error.killed ? `did not finish within ${DEADLINE_MS / 1_000} s` : `failed (${error.code})`;
    throw fail(
      said === "" ? how : `${how}: ${maskSecrets(said).slice(0, 300)}`,
      "Run it manually for details. Often a new login is needed.",
      undefined,
    );
  });
  const answer = Answer.safeParse(parsed(output));
  if (!answer.success) {
    throw fail("did not print an ExecCredential", "Run it manually. It must print one JSON object with a status.");
  }
  const { apiVersion, status } = answer.data;
  if (apiVersion !== plugin.apiVersion) {
    throw fail(`returned ${apiVersion} instead of ${plugin.apiVersion}`, "Update the plugin.");
  }
  const token = orUndefined(status.token?.trim());
  const cert = orUndefined(status.clientCertificateData);
  const key = orUndefined(status.clientKeyData);
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw fail("printed neither a token nor a certificate with its key", "Run it manually and log in again.");
  }
  const expiresAt = status.expirationTimestamp ? Date.parse(status.expirationTimestamp) : undefined;
  return {
    token,
    certificate: cert === undefined || key === undefined ? undefined : { cert, key },
    expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
  };
}

interface RunError {
  readonly code: string | number | undefined;
  readonly killed: boolean;
  readonly stderr: string;
}

/** Resolves with the plugin's output; rejects with a RunError. */
function run(plugin: ExecPlugin, { cluster, environment }: ExecOptions): Promise<string> {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}) },
  };
  const env = { ...environment, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  return new Promise((resolve, reject) => {
    const child = execFile(
      plugin.command,
      plugin.args,
      { env, timeout: DEADLINE_MS, maxBuffer: 1 << 20, windowsHide: true },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const failure: RunError = {
          code: error.code ?? error.signal ?? undefined,
          killed: error.killed ?? false,
          stderr,
        };
        reject(failure);
      },
    );
    child.stdin?.end();
  });
}

/** The plugin's view of the cluster (ExecCredentialSpec.cluster). */
function clusterInfo(cluster: Cluster): Record<string, unknown> {
  return {
    server: cluster.server,
    ...(cluster.tlsServerName === undefined ? {} : { "tls-server-name": cluster.tlsServerName }),
    ...(cluster.insecureSkipTlsVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...(cluster.caData === undefined
      ? {}
      : { "certificate-authority-data": Buffer.from(cluster.caData).toString("base64") }),
    ...(cluster.proxyUrl === undefined ? {} : { "proxy-url": cluster.proxyUrl }),
    ...(cluster.execConfig === undefined ? {} : { config: cluster.execConfig }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function orUndefined(value: string | null | undefined): string | undefined {
  return value === null || value === "" ? undefined : value;
}
