import type { AccessRequest, AccessReview } from "../../src/ports/access.ts";

/** `get shop` for pods; `list shop events`, `get shop pods/log` for other resources. */
type Permission = `${string} ${string}`;

/** Permissions by token. Unlisted tokens are rejected. */
export interface FakeAccess extends AccessReview {
  readonly asked: (AccessRequest & { readonly token: string | undefined })[];
  grant(token: string, user: string, ...permissions: readonly Permission[]): void;
  revoke(token: string): void;
  /** Error of every review; undefined if reviews work. */
  broken: string | undefined;
}

export function createFakeAccess(): FakeAccess {
  const owners = new Map<string, { readonly user: string; readonly permissions: ReadonlySet<string> }>();
  const access: FakeAccess = {
    asked: [],
    broken: undefined,
    grant: (token, user, ...permissions) => void owners.set(token, { user, permissions: new Set(permissions) }),
    revoke: (token) => void owners.delete(token),
    allowed: async (request, token) => {
      if (access.broken !== undefined) throw new Error(access.broken);
      access.asked.push({ ...request, token });
      const { verb, namespace, resource, subresource } = request;
      const what =
        resource === "pods" && subresource === undefined ? "" : ` ${[resource, subresource].filter(Boolean).join("/")}`;
      return owners.get(token ?? "")?.permissions.has(`${verb} ${namespace}${what}`) ?? false;
    },
    user: async (token) => {
      if (access.broken !== undefined) throw new Error(access.broken);
      return owners.get(token)?.user;
    },
  };
  return access;
}
