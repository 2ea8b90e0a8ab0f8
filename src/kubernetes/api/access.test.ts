import { expect, it } from "vitest";
import type { ClusterAccess } from "../auth/credentials.ts";
import { createAccessReview, grantViewCommand, missingPermissions, ownIdentity } from "./access.ts";
import type { ApiCall, ApiRequest } from "./api-request.ts";

function answering(respond: (call: ApiCall) => { readonly status: number; readonly body: unknown }) {
  const calls: ApiCall[] = [];
  const request: ApiRequest = async (call) => {
    calls.push(call);
    const { status, body } = respond(call);
    return { status, contentType: "application/json", body: Buffer.from(JSON.stringify(body)), isCut: false };
  };
  return { calls, request };
}

const attributesOf = (call: ApiCall) =>
  (call.json as { spec: { resourceAttributes: Record<string, string> } }).spec.resourceAttributes;

function accessWith(authorization: string | undefined): ClusterAccess {
  return {
    server: new URL("https://api.example"),
    ca: async () => undefined,
    clientCertificate: async () => undefined,
    insecureSkipTlsVerify: false,
    authorization: async () => authorization,
    invalidate: () => {},
    namespace: undefined,
    description: "a test",
  };
}

it("sends our own token, or the caller's", async () => {
  const { calls, request } = answering(() => ({ status: 201, body: { status: { allowed: true } } }));
  const review = createAccessReview(request);
  expect(await review.allowed({ namespace: "shop", verb: "get", resource: "pods", subresource: "log" })).toBe(true);
  expect(await review.allowed({ namespace: "shop", verb: "get", resource: "pods" }, "theirs")).toBe(true);
  expect(calls.map(({ path, token }) => [path, token])).toEqual([
    ["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", undefined],
    ["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "theirs"],
  ]);
  expect(calls.map(attributesOf)).toEqual([
    { namespace: "shop", verb: "get", resource: "pods", subresource: "log" },
    { namespace: "shop", verb: "get", resource: "pods" },
  ]);
});

it("allows only what Kubernetes explicitly allows", async () => {
  for (const body of [{ status: { allowed: false } }, { status: {} }, {}, { status: { allowed: "true" } }]) {
    const { request } = answering(() => ({ status: 201, body }));
    expect(await createAccessReview(request).allowed({ namespace: "shop", verb: "get", resource: "pods" })).toBe(false);
  }
});

it("allows nothing for an invalid token, and rejects when our own token is refused", async () => {
  const { calls, request } = answering(() => ({ status: 401, body: { kind: "Status", message: "Unauthorized" } }));
  const review = createAccessReview(request);
  const pods = { namespace: "shop", verb: "get", resource: "pods" };
  expect(await review.allowed(pods, "theirs")).toBe(false);
  expect(await review.allowed(pods, "two\r\nlines")).toBe(false);
  expect(calls).toHaveLength(1);
  await expect(review.allowed(pods)).rejects.toThrow("rejects the credentials (401)");
});

it("lists missing permissions and the command that grants them", async () => {
  const { request } = answering((call) => {
    const { verb, subresource } = attributesOf(call);
    return { status: 201, body: { status: { allowed: verb === "list" && subresource === undefined } } };
  });
  const review = createAccessReview(request);
  expect(await missingPermissions(review, "oc", "shop", "system:serviceaccount:tools:pod-watcher")).toEqual({
    namespace: "shop",
    missing: ["watch pods", "get pods/log"],
    commands: "oc policy add-role-to-user view system:serviceaccount:tools:pod-watcher -n shop",
  });
  expect(await missingPermissions(review, "kubectl", "shop", "system:serviceaccount:tools:pod-watcher")).toMatchObject({
    commands:
      "kubectl create rolebinding pod-watcher-view --clusterrole=view --serviceaccount=tools:pod-watcher -n shop",
  });
});

it("lists nothing when no permission is missing", async () => {
  const { request } = answering(() => ({ status: 201, body: { status: { allowed: true } } }));
  expect(await missingPermissions(createAccessReview(request), "oc", "shop", undefined)).toEqual({
    namespace: "shop",
    missing: [],
    commands: undefined,
  });
});

it("quotes commands for the shell", () => {
  expect(grantViewCommand("kubectl", "shop", "o'brien $(x)")).toContain("--user='o'\\''brien $(x)' -n shop");
  expect(grantViewCommand("oc", "shop")).toContain("add-role-to-user view USER -n shop");
});

it("reads our user name from the service account token, then from the server", async () => {
  const token = (claims: object) => `Bearer h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
  const { calls, request } = answering(() => ({ status: 201, body: { status: { userInfo: { username: "alice" } } } }));
  expect(await ownIdentity(accessWith(token({ sub: "system:serviceaccount:tools:watcher" })), request)).toEqual({
    user: "system:serviceaccount:tools:watcher",
    serviceAccount: { namespace: "tools", name: "watcher" },
    access: "a test",
  });
  expect(calls).toHaveLength(0);
  for (const authorization of [undefined, "Bearer sha256~opaque", token({ sub: "4711" }), "Bearer a.%%%.c"]) {
    expect((await ownIdentity(accessWith(authorization), request)).user).toBe("alice");
  }
  const old = answering(() => ({ status: 404, body: {} }));
  expect(await ownIdentity(accessWith(undefined), old.request)).toEqual({
    user: undefined,
    serviceAccount: undefined,
    access: "a test",
  });
});

const sub = (subject: string) => `h.${Buffer.from(JSON.stringify({ sub: subject })).toString("base64url")}.s`;

it.each<[reason: string, token: string, statuses: readonly number[], user: string | undefined]>([
  ["the server says", "t", [201], "alice"],
  ["the server does not accept the token", "t", [401], undefined],
  ["OpenShift before 4.15 says", "t", [404, 200], "bob"],
  ["it is refused partway", "t", [404, 401], undefined],
  [
    "an older Kubernetes accepts the token of a service account",
    sub("system:serviceaccount:a:b"),
    [404, 404],
    "system:serviceaccount:a:b",
  ],
  ["an older Kubernetes accepts another token", sub("4711"), [403, 403], "a user without a name"],
  ["no token looks like this", "two words", [], undefined],
])("the owner of a token: %s", async (_because, token, statuses, user) => {
  const left = [...statuses];
  const { calls, request } = answering(({ method }) => ({
    status: left.shift() ?? 500,
    body: method === "POST" ? { status: { userInfo: { username: "alice" } } } : { metadata: { name: "bob" } },
  }));
  expect(await createAccessReview(request).user?.(token)).toBe(user);
  expect(left).toEqual([]);
  for (const call of calls) expect(call.token).toBe(token);
});

it("the owner of a token is unknown while the server does not answer", async () => {
  const { request } = answering(() => ({ status: 503, body: {} }));
  await expect(createAccessReview(request).user?.("t")).rejects.toThrow("(503)");
});
