/**
 * Authentication and authorization: tokens of service accounts, roles bound per namespace as in RBAC, and the rules of the
 * built-in role `view` for the resources that the simulator serves.
 */
import { randomBytes } from "node:crypto";
import type { Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";

export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
}

export interface Rule {
  readonly verbs: readonly string[];
  /** With subresources, such as `pods/log`. */
  readonly resources: readonly string[];
  /** The empty string is the core group. */
  readonly apiGroup?: string;
}

/** The rules of `view` for the resources of the simulator (`system:aggregate-to-view`). */
export const VIEW: readonly Rule[] = [
  { verbs: ["get", "list", "watch"], resources: ["pods", "pods/log", "pods/status", "events", "namespaces"] },
  { verbs: ["get", "list", "watch"], apiGroup: "batch", resources: ["jobs", "cronjobs"] },
];

/** `view` and the creation of events, for a watcher that writes Events about pods. */
export const VIEW_AND_WRITE_EVENTS: readonly Rule[] = [
  ...VIEW,
  { verbs: ["create", "patch", "update"], resources: ["events"] },
];

export interface AccessAttempt {
  readonly verb: string;
  readonly group: string;
  /** With its subresource, such as `pods/log`. */
  readonly resource: string;
  /** Empty for the whole cluster. */
  readonly namespace: string;
}

export interface TokenOptions {
  /** `namespace:name` of the service account of the token. */
  readonly serviceAccount?: string;
  /** Granted in each of the namespaces; default `view`. */
  readonly rules?: readonly Rule[];
  readonly expiresAt?: Instant;
}

export interface Access {
  /** A new bearer token whose account has the rules in these namespaces; `*` is the whole cluster. */
  issueToken(namespaces: readonly string[], options?: TokenOptions): string;
  /** Revokes a token: requests with it get 401. */
  revokeToken(token: string): void;
  /** A RoleBinding for a user such as `system:serviceaccount:monitoring:pod-watcher`; `*` is a ClusterRoleBinding. */
  bind(user: string, namespace: string, rules?: readonly Rule[]): void;
  unbind(user: string, namespace: string): void;
  /** The user of a token that this cluster issued. */
  userOf(token: string): string | undefined;
  /**
   * The subject of an `Authorization` header or of a client certificate; undefined when the token is not valid.
   * A request with neither is anonymous.
   */
  authenticate(authorization: string | undefined, certificate?: Subject): Subject | undefined;
  allowed(subject: Subject, attempt: AccessAttempt): boolean;
}

const ANONYMOUS: Subject = { user: "system:anonymous", groups: ["system:unauthenticated"] };
const DEFAULT_ACCOUNT = "monitoring:pod-watcher";

export function createAccess(clock: Pick<Clock, "now">): Access {
  const tokens = new Map<string, { readonly user: string; readonly expiresAt: Instant }>();
  /** By user, then by namespace. */
  const bindings = new Map<string, Map<string, readonly Rule[]>>();

  const bind = (user: string, namespace: string, rules: readonly Rule[] = VIEW) => {
    const own = bindings.get(user) ?? new Map<string, readonly Rule[]>();
    bindings.set(user, own.set(namespace, rules));
  };
  return {
    issueToken: (namespaces, { serviceAccount = DEFAULT_ACCOUNT, rules = VIEW, expiresAt = Infinity } = {}) => {
      const user = `system:serviceaccount:${serviceAccount}`;
      for (const namespace of namespaces) bind(user, namespace, rules);
      const token = `simulated-${randomBytes(18).toString("base64url")}`;
      tokens.set(token, { user, expiresAt });
      return token;
    },
    revokeToken: (token) => void tokens.delete(token),
    bind,
    unbind: (user, namespace) => void bindings.get(user)?.delete(namespace),
    userOf: (token) => tokens.get(token)?.user,
    authenticate: (authorization, certificate) => {
      // Other schemes, and Bearer without a token, count as no credentials (apiserver `bearertoken.go`).
      const [scheme = "", bearer = ""] = (authorization ?? "").split(" ");
      if (scheme.toLowerCase() !== "bearer" || bearer === "") {
        if (certificate === undefined) return ANONYMOUS;
        return { user: certificate.user, groups: [...certificate.groups, "system:authenticated"] };
      }
      const token = tokens.get(bearer);
      if (token === undefined || token.expiresAt <= clock.now()) return undefined;
      return { user: token.user, groups: groupsOf(token.user) };
    },
    allowed: ({ user }, attempt) => {
      const own = bindings.get(user);
      const rules = [
        ...(own?.get("*") ?? []),
        ...(attempt.namespace === "" ? [] : (own?.get(attempt.namespace) ?? [])),
      ];
      return rules.some(
        (rule) =>
          (rule.apiGroup ?? "") === attempt.group &&
          rule.verbs.includes(attempt.verb) &&
          rule.resources.includes(attempt.resource),
      );
    },
  };
}

/** The groups that the token authenticator adds for a service account. */
function groupsOf(user: string): readonly string[] {
  const namespace = user.split(":")[2] ?? "";
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
}
