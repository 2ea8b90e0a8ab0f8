import type { Instant } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { CredentialsError } from "./credentials-error.ts";
import { readTrimmed } from "./credentials-files.ts";
import { renewed } from "./credentials-token.ts";
import { type ExecCredential, runExecPlugin } from "./exec-credential.ts";
import {
  type Cluster,
  type Context,
  type ExecPlugin,
  type Kubeconfig,
  readKubeconfig,
  type User,
} from "./kubeconfig.ts";

/** The credentials for the API server. */
export interface Identity {
  readonly authorization: () => Promise<string | undefined>;
  readonly clientCertificate: () => Promise<{ readonly cert: string; readonly key: string } | undefined>;
  readonly invalidate: (since: Instant) => void;
  /** The source, for messages; never the secret. */
  readonly source: string;
}

export function tokenIdentity(source: string, read: () => Promise<string>, clock: Clock): Identity {
  const token = renewed(async () => checkedToken(await read(), source), clock);
  return {
    authorization: async () => `Bearer ${await token.get()}`,
    clientCertificate: async () => undefined,
    invalidate: token.invalidate,
    source,
  };
}

interface ChosenContext {
  readonly name: string;
  readonly context: Context;
  readonly cluster: Cluster;
}

/** The context's user. Throws CredentialsError when it has no credentials, or only unsupported ones. */
export function kubeconfigIdentity(
  kubeconfig: Kubeconfig,
  { name, context, cluster }: ChosenContext,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Identity {
  const source = `context ${name} of ${kubeconfig.paths.join(", ")}`;
  const userName = context.user;
  const user = userName === undefined ? undefined : kubeconfig.users.get(userName);
  if (userName === undefined || user === undefined) {
    throw new CredentialsError(
      `${source} ${userName === undefined ? "has no user" : `refers to the user ${userName}, which does not exist`}`,
      "Log in again.",
    );
  }
  const { exec, tokenFile } = user;
  if (exec !== undefined) return execIdentity(exec, cluster, source, environment, clock);
  if (tokenFile !== undefined) {
    return { ...tokenIdentity(source, () => readTrimmed(tokenFile), clock), clientCertificate: certificateOf(user) };
  }
  if (user.token !== undefined) {
    // `oc login` writes a new token into the same file.
    const read = async () => (await readKubeconfig(kubeconfig.paths)).users.get(userName)?.token ?? "";
    return { ...tokenIdentity(source, read, clock), clientCertificate: certificateOf(user) };
  }
  if (user.certificate !== undefined || user.certificateFile !== undefined) {
    return {
      authorization: async () => undefined,
      clientCertificate: certificateOf(user),
      invalidate: () => {},
      source,
    };
  }
  throw new CredentialsError(
    user.unusable === undefined ? `${source} has no credentials` : `${source} has ${user.unusable}`,
    "Set OPENSHIFT_TOKEN, or log in with `oc login` on OpenShift to get a token.",
  );
}

function certificateOf(user: User): Identity["clientCertificate"] {
  return async () => {
    const cert = user.certificate ?? (user.certificateFile && (await readTrimmed(user.certificateFile)));
    const key = user.key ?? (user.keyFile && (await readTrimmed(user.keyFile)));
    return cert === undefined || key === undefined ? undefined : { cert, key };
  };
}

function execIdentity(
  exec: ExecPlugin,
  cluster: Cluster,
  source: string,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Identity {
  const credential = renewed<ExecCredential>(
    () => runExecPlugin(exec, { cluster, environment, description: source }),
    clock,
    ({ expiresAt }) => expiresAt,
  );
  return {
    authorization: async () => {
      const { token } = await credential.get();
      return token === undefined ? undefined : `Bearer ${checkedToken(token, exec.command)}`;
    },
    clientCertificate: async () => (await credential.get()).certificate,
    invalidate: credential.invalidate,
    source,
  };
}

/** Node rejects an invalid header value with an error that contains the token, so it is checked before. */
function checkedToken(value: string, source: string): string {
  const token = value.trim();
  if (token === "") {
    throw new CredentialsError(`the token from ${source} is empty`, "It must contain only the token.");
  }
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CredentialsError(
    `the token from ${source} contains white space or other characters that are not allowed in a token`,
    "It must contain only one token, without quotes or headings.",
  );
}
