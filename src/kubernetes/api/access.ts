import type { AccessRequest, AccessReview } from "../../ports/access.ts";
import type { Cli } from "../../ports/cluster.ts";
import type { ClusterAccess } from "../auth/credentials.ts";
import { type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

/** Permissions that our own token lacks in a namespace, and the command that grants them. */
export interface MissingPermissions {
  readonly namespace: string;
  /** As `verb resource`, such as `watch pods`; empty when nothing is missing. */
  readonly missing: readonly string[];
  /** The command that grants them; undefined when nothing is missing. */
  readonly commands: string | undefined;
}

/** Permissions that the watcher needs; the role `view` includes all of them. */
const NEEDED: readonly Omit<AccessRequest, "namespace">[] = [
  { verb: "list", resource: "pods" },
  { verb: "watch", resource: "pods" },
  { verb: "get", resource: "pods", subresource: "log" },
  { verb: "list", resource: "events" },
];

/**
 * Uses SelfSubjectAccessReview, which every authenticated user may create (`system:basic-user`), so `system:auth-delegator`
 * is not needed. Rejects when the API server does not answer.
 */
export function createAccessReview(request: ApiRequest): AccessReview {
  return {
    allowed: async ({ namespace, verb, resource, subresource }, token) => {
      if (token !== undefined && !fitsHeader(token)) return false;
      const what = "check what the token may do";
      const answer = await request({
        method: "POST",
        path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        json: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: {
            resourceAttributes: { namespace, verb, resource, ...(subresource === undefined ? {} : { subresource }) },
          },
        },
        ...(token === undefined ? {} : { token }),
      });
      // A caller with an invalid token has no permissions; an invalid token of our own is an error.
      if (token !== undefined && (answer.status === 401 || answer.status === 403)) return false;
      checkAnswer(answer, what);
      const { status } = jsonOf(answer, what);
      return (status as { readonly allowed?: unknown } | undefined)?.allowed === true;
    },
    user: async (token) => (fitsHeader(token) ? userOf(token, request) : undefined),
  };
}

/** Node rejects any other header value before it sends the request. */
function fitsHeader(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

/** Undefined when the API server does not accept the token. */
async function userOf(token: string, request: ApiRequest): Promise<string | undefined> {
  const review = await request({ ...SELF_REVIEW, token });
  if (review.status === 401) return undefined;
  if (review.status === 201) return nameIn(jsonOf(review, "identify the owner of the token"));
  // Kubernetes before 1.28 has no SelfSubjectReview, but any other status means that the token was accepted.
  if (review.status !== 403 && review.status !== 404) checkAnswer(review, "identify the owner of the token");
  const user = await request({ method: "GET", path: "/apis/user.openshift.io/v1/users/~", token });
  if (user.status === 401) return undefined;
  if (user.status === 200) {
    const { metadata } = jsonOf(user, "identify the owner of the token");
    const name = (metadata as { readonly name?: unknown } | undefined)?.name;
    if (typeof name === "string" && name !== "") return name;
  }
  return serviceAccountOf(token) ?? "a user without a name";
}

/** Checks each permission that the watcher needs. `user` is the subject of the suggested command. */
export async function missingPermissions(
  review: AccessReview,
  cli: Cli,
  namespace: string,
  user: string | undefined,
): Promise<MissingPermissions> {
  const verdicts = await Promise.all(NEEDED.map((needed) => review.allowed({ namespace, ...needed })));
  const missing = NEEDED.filter((_needed, index) => !verdicts[index]).map(({ verb, resource, subresource }) =>
    subresource === undefined ? `${verb} ${resource}` : `${verb} ${resource}/${subresource}`,
  );
  return { namespace, missing, commands: missing.length === 0 ? undefined : grantViewCommand(cli, namespace, user) };
}

/** The command that grants the role `view` in one namespace. */
export function grantViewCommand(cli: Cli, namespace: string, user = "USER"): string {
  if (cli === "oc") return `oc policy add-role-to-user view ${quoted(user)} -n ${namespace}`;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  const subject = account === null ? `--user=${quoted(user)}` : `--serviceaccount=${account[1]}:${account[2]}`;
  return `kubectl create rolebinding pod-watcher-view --clusterrole=view ${subject} -n ${namespace}`;
}

/** User names may contain characters that are special in a shell. */
function quoted(user: string): string {
  return /^[\w:.@-]+$/.test(user) ? user : `'${user.replaceAll("'", `'\\''`)}'`;
}

export interface OwnIdentity {
  /** `system:serviceaccount:shop:pod-watcher`; undefined when unknown. */
  readonly user: string | undefined;
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  /** The source of the credentials. */
  readonly access: string;
}

/**
 * Our own identity: from the `sub` of a service account token (RFC 7519), else from the server (SelfSubjectReview, since
 * 1.28). Never rejects, because it is only used in suggested commands.
 */
export async function ownIdentity(access: ClusterAccess, request: ApiRequest): Promise<OwnIdentity> {
  const user = (await subjectOfToken(access)) ?? (await requestOwnName(request).catch(() => undefined));
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user ?? "");
  return {
    user,
    serviceAccount: account === null ? undefined : { namespace: account[1]!, name: account[2]! },
    access: access.description,
  };
}

async function subjectOfToken(access: ClusterAccess): Promise<string | undefined> {
  const authorization = await access.authorization().catch(() => undefined);
  return authorization === undefined ? undefined : serviceAccountOf(authorization);
}

/** Only for service accounts: Kubernetes may map the subject of an OIDC token to another name. */
function serviceAccountOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const subject = (claims as { readonly sub?: unknown } | null)?.sub;
    return typeof subject === "string" && subject.startsWith("system:serviceaccount:") ? subject : undefined;
  } catch {
    return undefined;
  }
}

const SELF_REVIEW = {
  method: "POST",
  path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
  json: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
} as const;

async function requestOwnName(request: ApiRequest): Promise<string | undefined> {
  const what = "identify ourselves";
  const answer = await request(SELF_REVIEW);
  checkAnswer(answer, what);
  return nameIn(jsonOf(answer, what));
}

function nameIn({ status }: Readonly<Record<string, unknown>>): string | undefined {
  const name = (status as { readonly userInfo?: { readonly username?: unknown } } | undefined)?.userInfo?.username;
  return typeof name === "string" && name !== "" ? name : undefined;
}
