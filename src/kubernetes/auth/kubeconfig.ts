import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { CredentialsError, whyUnreadable } from "./credentials-error.ts";

/** The parts of a kubeconfig that are used here (client-go, tools/clientcmd/api/v1). */
export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, Context>;
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly users: ReadonlyMap<string, User>;
  /** The files it was read from. */
  readonly paths: readonly string[];
}

export interface Context {
  readonly cluster: string;
  readonly user: string | undefined;
  readonly namespace: string | undefined;
}

/** Paths are absolute, data is decoded. */
export interface Cluster {
  readonly server: string;
  readonly caFile: string | undefined;
  readonly caData: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
  /** For exec plugins that request it: the extension `client.authentication.k8s.io/exec`. */
  readonly execConfig: unknown;
}

export interface User {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly certificate: string | undefined;
  readonly certificateFile: string | undefined;
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly exec: ExecPlugin | undefined;
  /** Unsupported credentials: `username and password`, `the auth-provider oidc`. */
  readonly unusable: string | undefined;
}

export interface ExecPlugin {
  readonly apiVersion: string;
  /** A path if it contains a slash, else a name on PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string | undefined;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: string;
}

/**
 * Merges several files as kubectl does: the first definition of a name wins, and missing files are skipped unless all
 * are missing. Throws CredentialsError.
 */
export async function readKubeconfig(paths: readonly string[]): Promise<Kubeconfig> {
  const contexts = new Map<string, Context>();
  const clusters = new Map<string, Cluster>();
  const users = new Map<string, User>();
  const read: string[] = [];
  let currentContext: string | undefined;
  for (const path of paths) {
    const file = await readOne(path);
    if (file === undefined) continue;
    read.push(path);
    currentContext ??= orUndefined(file["current-context"]);
    for (const { name, context } of file.contexts ?? []) addOnce(contexts, name, () => toContext(context));
    for (const { name, cluster } of file.clusters ?? []) addOnce(clusters, name, () => toCluster(cluster, path));
    for (const { name, user } of file.users ?? []) addOnce(users, name, () => toUser(user, path));
  }
  if (read.length === 0) {
    throw new CredentialsError(
      `the kubeconfig ${paths.join(", ")} does not exist`,
      "Set KUBECONFIG to an existing file, or log in to the cluster.",
    );
  }
  return { currentContext, contexts, clusters, users, paths: read };
}

/** The first of several contexts with one name wins. */
function addOnce<T>(map: Map<string, T>, name: string, make: () => T): void {
  if (!map.has(name)) map.set(name, make());
}

// ─── The file ────────────────────────────────────────────────────────────────────────────────────────────────────

const text = z.string().nullish();
const truth = z.boolean().nullish();

const ExecShape = z.object({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: truth,
  interactiveMode: text,
});

const ClusterShape = z.object({
  server: z.string(),
  "certificate-authority": text,
  "certificate-authority-data": text,
  "insecure-skip-tls-verify": truth,
  "tls-server-name": text,
  "proxy-url": text,
  extensions: z.array(z.object({ name: z.string(), extension: z.unknown() })).nullish(),
});

const UserShape = z.object({
  token: text,
  tokenFile: text,
  "client-certificate": text,
  "client-certificate-data": text,
  "client-key": text,
  "client-key-data": text,
  exec: ExecShape.nullish(),
  username: text,
  password: text,
  "auth-provider": z.object({ name: z.string() }).nullish(),
});

const ContextShape = z.object({ cluster: z.string(), user: text, namespace: text });

const FileShape = z.object({
  "current-context": text,
  contexts: z.array(z.object({ name: z.string(), context: ContextShape })).nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: ClusterShape })).nullish(),
  users: z.array(z.object({ name: z.string(), user: UserShape })).nullish(),
});

/** Undefined when the file does not exist. */
async function readOne(path: string): Promise<z.infer<typeof FileShape> | undefined> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CredentialsError(
      `the kubeconfig ${path} cannot be read: ${whyUnreadable(error)}`,
      "Fix the file, or set KUBECONFIG to another one.",
      error,
    );
  }
  // The parser's messages quote lines that may contain a token, so only the line number is reported.
  const document = parseDocument(content, { prettyErrors: true, logLevel: "silent" });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const line = broken.linePos?.[0].line;
    throw new CredentialsError(
      `the kubeconfig ${path} is not valid YAML${line === undefined ? "" : `: line ${line}`}`,
      "Recreate it with `oc login` or your provider's tool.",
    );
  }
  const parsed = FileShape.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CredentialsError(
    `the kubeconfig ${path} is invalid: ${issue?.path.join(".")}: ${issue?.message}`,
    "Recreate it with `oc login` or your provider's tool.",
  );
}

function toContext(context: z.infer<typeof ContextShape>): Context {
  return {
    cluster: context.cluster,
    user: orUndefined(context.user),
    namespace: orUndefined(context.namespace),
  };
}

function toCluster(cluster: z.infer<typeof ClusterShape>, path: string): Cluster {
  const extension = cluster.extensions?.find(({ name }) => name === "client.authentication.k8s.io/exec");
  return {
    server: cluster.server,
    caFile: baseDir(path, cluster["certificate-authority"]),
    caData: decoded(cluster["certificate-authority-data"]),
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] ?? false,
    tlsServerName: orUndefined(cluster["tls-server-name"]),
    proxyUrl: orUndefined(cluster["proxy-url"]),
    execConfig: extension?.extension,
  };
}

function toUser(user: z.infer<typeof UserShape>, path: string): User {
  const provider = user["auth-provider"]?.name;
  const hasPassword = orUndefined(user.username) !== undefined || orUndefined(user.password) !== undefined;
  return {
    token: orUndefined(user.token),
    tokenFile: baseDir(path, user.tokenFile),
    certificate: decoded(user["client-certificate-data"]),
    certificateFile: baseDir(path, user["client-certificate"]),
    key: decoded(user["client-key-data"]),
    keyFile: baseDir(path, user["client-key"]),
    exec: user.exec ? toExec(user.exec, path) : undefined,
    unusable: hasPassword
      ? "a user name and a password, which Kubernetes has not taken since 1.19"
      : provider === undefined
        ? undefined
        : `the auth-provider ${provider}, which Kubernetes removed in 1.26`,
  };
}

function toExec(exec: z.infer<typeof ExecShape>, path: string): ExecPlugin {
  return {
    apiVersion: exec.apiVersion,
    command: /[/\\]/.test(exec.command) ? resolve(dirname(path), exec.command) : exec.command,
    args: exec.args ?? [],
    env: Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    installHint: orUndefined(exec.installHint),
    provideClusterInfo: exec.provideClusterInfo ?? false,
    interactiveMode: exec.interactiveMode ?? "IfAvailable",
  };
}

/** Relative paths are relative to the kubeconfig's folder. */
function baseDir(path: string, file: string | null | undefined): string | undefined {
  const given = orUndefined(file);
  return given === undefined ? undefined : resolve(dirname(path), given);
}

function decoded(data: string | null | undefined): string | undefined {
  const given = orUndefined(data);
  return given === undefined ? undefined : Buffer.from(given, "base64").toString("utf8");
}

function orUndefined(value: string | null | undefined): string | undefined {
  return value === null || value === "" ? undefined : value;
}
