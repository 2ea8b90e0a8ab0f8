import type { Instant } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { isLoopback } from "../../util/loopback.ts";
import { CredentialsError } from "./credentials-error.ts";
import { certificatesIn, existing, isThere, readTrimmed } from "./credentials-files.ts";
import { type Identity, kubeconfigIdentity, tokenIdentity } from "./credentials-identity.ts";
import { proxyFor, proxyNamed } from "./credentials-proxy.ts";
import { type Cluster, type Context, type Kubeconfig, readKubeconfig } from "./kubeconfig.ts";

/** The address of the API server and the credentials for it. */
export interface ClusterAccess {
  /** Scheme, host and port, with the path prefix of a proxy where there is one. */
  readonly server: URL;
  /** Trusted certificates as PEM; undefined for the system's. Reread when the file changes. */
  ca(): Promise<string | undefined>;
  /** PEM. */
  clientCertificate(): Promise<{ readonly cert: string; readonly key: string } | undefined>;
  readonly insecureSkipTlsVerify: boolean;
  /** The name in the server's certificate, if it differs from the host. */
  readonly tlsServerName?: string;
  /** An HTTP proxy for the API server: the kubeconfig's `proxy-url`, or HTTPS_PROXY outside of a cluster. */
  readonly proxy?: URL;
  /** The value of the Authorization header; undefined when a client certificate authenticates. */
  authorization(): Promise<string | undefined>;
  /** A request sent at `since` got a 401: credentials that were read before are not used again. */
  invalidate(since: Instant): void;
  /** The namespace that the credentials belong to (the pod's own, or the kubeconfig context's). */
  readonly namespace: string | undefined;
  /** The source, for error messages; never a secret. */
  readonly description: string;
}

/** All inputs that determine the API server and the credentials, as plain values. */
export interface ClusterOptions {
  /** `host[:port]` of the API server; by default the in-cluster address, then the kubeconfig's. */
  readonly host: string | undefined;
  /** Plain HTTP; only for a proxy on loopback. */
  readonly plaintext: boolean;
  /** Overrides every other token. */
  readonly token: { readonly source: string; read(): Promise<string> } | undefined;
  readonly caFile: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  /** Overrides `hostEnvironment.kubeconfig` and the file in the home folder. */
  readonly kubeconfig: string | undefined;
  /** Overrides the kubeconfig's current context. */
  readonly context: string | undefined;
  readonly hostEnvironment: {
    /** KUBERNETES_SERVICE_HOST and …_PORT, which every pod has. */
    readonly service: { readonly host: string; readonly port: string } | undefined;
    /** The paths in KUBECONFIG. */
    readonly kubeconfig: readonly string[];
    readonly home: string | undefined;
    readonly httpsProxy: string | undefined;
    readonly noProxy: string | undefined;
  };
  /** Variables that exec plugins inherit; without them only those of the kubeconfig. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where these are mounted, for tests. */
  readonly serviceAccountFolder?: string;
  readonly secretTokenFile?: string;
}

const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const SECRET_TOKEN_FILE = "/etc/secret/token";

/**
 * Determines the API server and the credentials. Address: configured, in-cluster, kubeconfig. Token: configured, mounted
 * service account, `/etc/secret/token`, kubeconfig. Throws CredentialsError with what is missing and how to fix it.
 * Does not contact the server.
 */
export async function resolveClusterAccess(options: ClusterOptions, clock: Clock): Promise<ClusterAccess> {
  const { host, plaintext, hostEnvironment } = options;
  if (host !== undefined) return accessByAddress(serverAt(host, plaintext), `OPENSHIFT_HOST ${host}`, options, clock);
  if (hostEnvironment.service === undefined) return accessByKubeconfig(options, clock);
  const address = `${bracketed(hostEnvironment.service.host)}:${hostEnvironment.service.port}`;
  return accessByAddress(serverAt(address, false), "the cluster of this pod", options, clock);
}

// ─── An address that was given, by a person or by the cluster ────────────────────────────────────────────────────

async function accessByAddress(
  server: URL,
  from: string,
  options: ClusterOptions,
  clock: Clock,
): Promise<ClusterAccess> {
  const isOwnCluster = options.host === undefined;
  const folder = options.serviceAccountFolder ?? SERVICE_ACCOUNT_FOLDER;
  const mounted = {
    token: await existing(`${folder}/token`),
    ca: await existing(`${folder}/ca.crt`),
    namespace: await existing(`${folder}/namespace`),
  };
  const secretToken = await existing(options.secretTokenFile ?? SECRET_TOKEN_FILE);
  const isGivenToken = options.token !== undefined || mounted.token !== undefined || secretToken !== undefined;
  const login = isOwnCluster
    ? undefined
    : await loginTo(server, options).catch((error: unknown) => {
        // A broken kubeconfig is ignored while nothing of it is needed.
        if (isGivenToken) return undefined;
        throw error;
      });
  let identity: Identity;
  if (options.token !== undefined) {
    const { token } = options;
    identity = tokenIdentity(token.source, () => token.read(), clock);
  } else if (mounted.token !== undefined) {
    const { token } = mounted;
    identity = tokenIdentity("the mounted service account token", () => readTrimmed(token), clock);
  } else if (secretToken !== undefined) {
    identity = tokenIdentity(secretToken, () => readTrimmed(secretToken), clock);
  } else {
    if (login === undefined) throw withoutToken(server, isOwnCluster);
    identity = kubeconfigIdentity(login.kubeconfig, login, options.environment ?? {}, clock);
  }
  const ca = await trusted(options.caFile, () => {
    const known = login === undefined ? undefined : certificatesOf(login.cluster);
    if (known !== undefined) return known;
    // A configured address may have a public certificate, which the mounted CA does not cover.
    return mounted.ca === undefined ? undefined : certificatesIn(mounted.ca, { andPublic: !isOwnCluster });
  });
  const proxy = isOwnCluster ? undefined : proxyFor(server, options.hostEnvironment);
  return {
    server,
    ca,
    clientCertificate: identity.clientCertificate,
    insecureSkipTlsVerify: options.insecureSkipTlsVerify,
    ...(proxy === undefined ? {} : { proxy }),
    authorization: identity.authorization,
    invalidate: identity.invalidate,
    namespace: isGivenToken ? await namespaceIn(mounted.namespace) : login?.context.namespace,
    description: `${from}, with ${identity.source}`,
  };
}

interface Login {
  readonly kubeconfig: Kubeconfig;
  readonly name: string;
  readonly context: Context;
  readonly cluster: Cluster;
}

/** The kubeconfig's user for the same server, if any; a token is never sent to another server. */
async function loginTo(server: URL, options: ClusterOptions): Promise<Login | undefined> {
  const kubeconfig = await kubeconfigIfThere(options);
  if (kubeconfig === undefined) return undefined;
  const { contexts, clusters, currentContext } = kubeconfig;
  for (const name of [options.context ?? currentContext, ...contexts.keys()]) {
    const context = name === undefined ? undefined : contexts.get(name);
    const cluster = context && clusters.get(context.cluster);
    if (name === undefined || context === undefined || cluster === undefined) continue;
    if (URL.canParse(cluster.server) && new URL(cluster.server).host === server.host) {
      return { kubeconfig, name, context, cluster };
    }
  }
  return undefined;
}

function withoutToken(server: URL, isOwnCluster: boolean): CredentialsError {
  if (!isOwnCluster) {
    return new CredentialsError(
      `no token for the API server ${server.host}`,
      `Set OPENSHIFT_TOKEN, or log in with \`oc login ${server.origin}\` on OpenShift.`,
    );
  }
  return new CredentialsError(
    "this pod has no service account token",
    `Remove \`automountServiceAccountToken: false\`, or mount a token at ${SECRET_TOKEN_FILE}.`,
  );
}

async function namespaceIn(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readTrimmed(path).catch(() => undefined);
}

// ─── A kubeconfig ────────────────────────────────────────────────────────────────────────────────────────────────

async function accessByKubeconfig(options: ClusterOptions, clock: Clock): Promise<ClusterAccess> {
  const kubeconfig = await kubeconfigIfThere(options);
  if (kubeconfig === undefined) {
    throw new CredentialsError(
      "no API server configured: not running in a pod, OPENSHIFT_HOST is not set, and there is no kubeconfig",
      "Set KUBECONFIG, set OPENSHIFT_HOST and OPENSHIFT_TOKEN, or log in with `oc login` on OpenShift.",
    );
  }
  const { name, context, cluster } = chosenContext(kubeconfig, options.context);
  const from = `context ${name} of ${kubeconfig.paths.join(", ")}`;
  const server = serverOf(cluster, from);
  if (cluster.insecureSkipTlsVerify && !options.insecureSkipTlsVerify && options.caFile === undefined) {
    throw new CredentialsError(
      `${from} disables verification of the certificate of ${server.host}`,
      "Set OPENSHIFT_CA_FILE to its CA. To skip verification, set OPENSHIFT_INSECURE_SKIP_TLS_VERIFY=true.",
    );
  }
  const { token } = options;
  const identity =
    token === undefined
      ? kubeconfigIdentity(kubeconfig, { name, context, cluster }, options.environment ?? {}, clock)
      : tokenIdentity(token.source, () => token.read(), clock);
  const proxy =
    cluster.proxyUrl === undefined ? proxyFor(server, options.hostEnvironment) : proxyNamed(cluster.proxyUrl, from);
  return {
    server,
    ca: await trusted(options.caFile, () => certificatesOf(cluster)),
    clientCertificate: identity.clientCertificate,
    insecureSkipTlsVerify: options.insecureSkipTlsVerify,
    ...(cluster.tlsServerName === undefined ? {} : { tlsServerName: cluster.tlsServerName }),
    ...(proxy === undefined ? {} : { proxy }),
    authorization: identity.authorization,
    invalidate: identity.invalidate,
    namespace: context.namespace,
    description: token === undefined ? from : `${from}, with ${identity.source}`,
  };
}

/** Undefined when none is configured and the home folder has none. */
async function kubeconfigIfThere(options: ClusterOptions): Promise<Kubeconfig | undefined> {
  const { kubeconfig, home } = options.hostEnvironment;
  if (options.kubeconfig !== undefined) return readKubeconfig([options.kubeconfig]);
  if (kubeconfig.length > 0) return readKubeconfig(kubeconfig);
  const path = home === undefined ? undefined : `${home}/.kube/config`;
  return path !== undefined && (await isThere(path)) ? readKubeconfig([path]) : undefined;
}

function chosenContext({ contexts, clusters, currentContext, paths }: Kubeconfig, wanted: string | undefined) {
  const file = paths.join(", ");
  const name = wanted ?? currentContext;
  const known = contexts.size === 0 ? "It has none." : `It has: ${[...contexts.keys()].sort().join(", ")}.`;
  if (name === undefined) {
    throw new CredentialsError(
      `${file} has no current context`,
      `Select one with \`kubectl config use-context\`. ${known}`,
    );
  }
  const context = contexts.get(name);
  if (context === undefined) throw new CredentialsError(`${file} has no context ${name}`, known);
  const cluster = clusters.get(context.cluster);
  if (cluster === undefined) {
    throw new CredentialsError(
      `context ${name} of ${file} refers to the cluster ${context.cluster}, which does not exist`,
      "Log in again.",
    );
  }
  return { name, context, cluster };
}

function serverOf(cluster: Cluster, from: string): URL {
  const server = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined;
  if (server?.protocol === "https:") return server;
  if (server?.protocol === "http:" && isLoopback(server.hostname)) return server;
  throw new CredentialsError(
    `${from} has the server ${JSON.stringify(cluster.server)}, which is not an https:// address`,
    "http:// is allowed only for a proxy on 127.0.0.1, because it would send tokens unencrypted.",
  );
}

// ─── Trust ───────────────────────────────────────────────────────────────────────────────────────────────────────

type Certificates = () => Promise<string | undefined>;

/** The configured CA file, else the CA of the credentials' source. Read once at the start, so that errors show early. */
async function trusted(file: string | undefined, otherwise: () => Certificates | undefined): Promise<Certificates> {
  const certificates = file === undefined ? otherwise() : certificatesIn(file);
  await certificates?.();
  return certificates ?? (async () => undefined);
}

function certificatesOf({ caFile, caData }: Cluster): Certificates | undefined {
  if (caData !== undefined) return async () => caData;
  return caFile === undefined ? undefined : certificatesIn(caFile);
}

// ─── Addresses ───────────────────────────────────────────────────────────────────────────────────────────────────

function serverAt(host: string, plaintext: boolean): URL {
  const address = `${plaintext ? "http" : "https"}://${host}`;
  if (URL.canParse(address)) return new URL(address);
  throw new CredentialsError(
    `${JSON.stringify(host)} is not a valid address of an API server`,
    "Use host[:port], such as api.example:6443, with an IPv6 address in brackets.",
  );
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
