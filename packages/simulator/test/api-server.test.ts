import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { INITIAL_EVENTS_END } from "../src/encode/types.ts";
import { buildPod } from "../src/model/pod-template.ts";
import { VIEW_AND_WRITE_EVENTS } from "../src/server/access.ts";
import { type SimulatorOptions, startSimulator } from "../src/simulator.ts";
import { type RawClientOptions, rawClient, take } from "./raw-client.ts";

const PODS = "/api/v1/namespaces/shop/pods";
const WATCH_LIST = `${PODS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;

async function start(options: Partial<SimulatorOptions> = {}) {
  const clock = createFakeClock();
  const simulator = await startSimulator({ clock, namespaces: ["shop", "batch"], ...options });
  const token = simulator.token(["shop"]);
  const client = (http: RawClientOptions["http"], own: Partial<RawClientOptions> = {}) =>
    rawClient({ url: simulator.url, ca: simulator.caPem, token, http, ...own });
  /** A pod that is neither scheduled nor run: it changes only when the test writes it. */
  const put = (name: string, namespace = "shop") =>
    simulator.cluster.put(buildPod({ namespace, name }, {}, clock.now(), clock.random));
  return { clock, simulator, client, token, put, [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose]() };
}

describe.each([1, 2] as const)("over HTTP/%i and TLS", (http) => {
  it("lists the pods of a namespace", async () => {
    await using world = await start();
    world.put("web-0");
    world.put("other", "batch");
    using client = world.client(http);
    const response = await client.get(PODS);
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe("application/json");
    expect(await response.json()).toMatchObject({
      kind: "PodList",
      apiVersion: "v1",
      metadata: { resourceVersion: "3" },
      items: [{ metadata: { name: "web-0", namespace: "shop", resourceVersion: "2" }, status: { phase: "Pending" } }],
    });
  });

  it("watches from a resourceVersion and sends additions, changes and deletions in order", async () => {
    await using world = await start();
    const { cluster } = world.simulator;
    const first = world.put("web-0");
    world.put("web-1");
    using client = world.client(http);
    const response = await client.get(`${PODS}?watch=1&resourceVersion=${first.metadata.resourceVersion}`);
    const events = response.events();
    expect(await take(events, 1)).toMatchObject([{ type: "ADDED", object: { metadata: { name: "web-1" } } }]);
    cluster.put({ ...first, status: { ...first.status, phase: "Running" } });
    cluster.removePod("web-1");
    expect(await take(events, 2)).toMatchObject([
      { type: "MODIFIED", object: { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: "4" } } },
      { type: "DELETED", object: { metadata: { name: "web-1", resourceVersion: "5" } } },
    ]);
  });

  it("serves a WatchList: existing pods, the bookmark that ends them, then changes", async () => {
    await using world = await start();
    for (const name of ["c", "a", "b"]) world.put(name);
    using client = world.client(http);
    const events = (await client.get(WATCH_LIST)).events();
    const initial = await take(events, 4);
    expect(initial.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "ADDED a",
      "ADDED b",
      "ADDED c",
      "BOOKMARK undefined",
    ]);
    expect(initial[3]?.object.metadata).toMatchObject({
      resourceVersion: "4",
      annotations: { [INITIAL_EVENTS_END]: "true" },
    });
    world.put("d");
    expect(await take(events, 1)).toMatchObject([{ type: "ADDED", object: { metadata: { name: "d" } } }]);
  });

  it("ends a watch at its timeoutSeconds, with bookmarks on the way", async () => {
    await using world = await start();
    world.put("web-0");
    using client = world.client(http);
    const response = await client.get(`${PODS}?watch=1&resourceVersion=2&allowWatchBookmarks=true&timeoutSeconds=150`);
    await world.clock.advance(150_000);
    const seen: string[] = [];
    for await (const { type, object } of response.events()) seen.push(`${type} ${object.metadata.resourceVersion}`);
    expect(seen).toEqual(["BOOKMARK 2", "BOOKMARK 2", "BOOKMARK 2"]);
  });
});

describe("authentication and authorization", () => {
  it("rejects a wrong token with 401 and the message of Kubernetes", async () => {
    await using world = await start();
    using client = world.client(2, { token: "nonsense" });
    const response = await client.get(PODS);
    expect([response.status, await response.json()]).toEqual([
      401,
      {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: "Unauthorized",
        reason: "Unauthorized",
        code: 401,
      },
    ]);
  });

  it("rejects another namespace with 403 that names user, verb and resource", async () => {
    await using world = await start();
    using client = world.client(2);
    const messages = await Promise.all(
      ["/api/v1/namespaces/batch/pods", "/api/v1/namespaces/batch/pods/x/log", "/api/v1/pods?watch=true"].map(
        async (path) => (await (await client.get(path)).json()).message,
      ),
    );
    const user = 'User "system:serviceaccount:monitoring:pod-watcher"';
    expect(messages).toEqual([
      `pods is forbidden: ${user} cannot list resource "pods" in API group "" in the namespace "batch"`,
      `pods "x" is forbidden: ${user} cannot get resource "pods/log" in API group "" in the namespace "batch"`,
      `pods is forbidden: ${user} cannot watch resource "pods" in API group "" at the cluster scope`,
    ]);
  });

  it("treats requests without credentials as system:anonymous, which can read only the version", async () => {
    await using world = await start();
    using client = rawClient({ url: world.simulator.url, ca: world.simulator.caPem, http: 1 });
    expect((await client.get("/version")).status).toBe(200);
    expect((await client.get(PODS)).status).toBe(403);
  });

  it("reviews access, and follows added and removed bindings", async () => {
    await using world = await start();
    using client = world.client(2);
    const review = async (namespace: string, subresource?: string) => {
      const resourceAttributes = { namespace, verb: "get", resource: "pods", subresource };
      const response = await client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        spec: { resourceAttributes },
      });
      expect(response.status).toBe(201);
      return ((await response.json()).status as { allowed: boolean }).allowed;
    };
    expect([await review("shop"), await review("shop", "log"), await review("shop", "exec")]).toEqual([
      true,
      true,
      false,
    ]);
    const user = "system:serviceaccount:monitoring:pod-watcher";
    expect(await review("batch")).toBe(false);
    world.simulator.access.bind(user, "batch");
    world.simulator.access.unbind(user, "shop");
    expect([await review("batch"), await review("shop")]).toEqual([true, false]);
  });

  it("lists the visible projects on OpenShift only", async () => {
    await using openshift = await start({ openshift: true });
    await using plain = await start();
    const names = async (world: typeof plain) => {
      using client = world.client(1);
      const response = await client.get("/apis/project.openshift.io/v1/projects");
      const { items = [] } = (await response.json()) as { items?: { metadata: { name: string } }[] };
      return [response.status, ...items.map(({ metadata }) => metadata.name)];
    };
    expect([await names(openshift), await names(plain)]).toEqual([[200, "shop"], [403]]);
  });
});

describe("lists in pages", () => {
  it("returns one consistent state on all pages and rejects an expired token", async () => {
    await using world = await start();
    const { cluster } = world.simulator;
    for (const name of ["a", "b", "c", "d", "e"]) world.put(name);
    using client = world.client(2);
    const page = async (query: string) => {
      const list = (await (await client.get(`${PODS}?limit=2${query}`)).json()) as {
        metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
        items: { metadata: { name: string } }[];
      };
      return { ...list.metadata, names: list.items.map(({ metadata }) => metadata.name).join("") };
    };
    const first = await page("");
    expect(first).toMatchObject({ names: "ab", resourceVersion: "6", remainingItemCount: 3 });
    cluster.removePod("c");
    world.put("f");
    const second = await page(`&continue=${first.continue}`);
    expect(second).toMatchObject({ names: "cd", resourceVersion: "6", remainingItemCount: 1 });
    expect(await page(`&continue=${second.continue}`)).toEqual({ names: "e", resourceVersion: "6" });

    const refused = await client.get(`${PODS}?limit=2&continue=${first.continue}&resourceVersion=6`);
    expect([refused.status, (await refused.json()).message]).toEqual([
      400,
      "specifying resource version is not allowed when using continue",
    ]);
    await world.clock.advance(300_000);
    const expired = await client.get(`${PODS}?limit=2&continue=${first.continue}`);
    const refusal = (await expired.json()) as { reason: string; metadata: { continue: string } };
    expect([expired.status, refusal.reason]).toEqual([410, "Expired"]);
    expect(await page(`&continue=${refusal.metadata.continue}`)).toMatchObject({ names: "de", resourceVersion: "8" });
  });
});

describe("resourceVersions", () => {
  it("responds to a watch from compacted history with an ERROR event of code 410", async () => {
    await using world = await start({ historyAge: 10_000, historyMinimum: 0 });
    world.put("a");
    await world.clock.advance(10_001);
    world.put("b");
    using client = world.client(2);
    const events = (await client.get(`${PODS}?watch=1&resourceVersion=1`)).events();
    expect(await take(events, 1)).toMatchObject([
      { type: "ERROR", object: { code: 410, reason: "Expired", message: "too old resource version: 1 (2)" } },
    ]);
    const resumed = (await client.get(`${PODS}?watch=1&resourceVersion=2`)).events();
    expect(await take(resumed, 1)).toMatchObject([{ type: "ADDED", object: { metadata: { name: "b" } } }]);
  });

  it("rejects a list newer than the current revision with 504 and the cause ResourceVersionTooLarge", async () => {
    await using world = await start();
    using client = world.client(2);
    const response = await client.get(`${PODS}?resourceVersion=99`);
    expect([response.status, await response.json()]).toMatchObject([
      504,
      { reason: "Timeout", details: { causes: [{ reason: "ResourceVersionTooLarge" }], retryAfterSeconds: 1 } },
    ]);
  });

  it("returns an earlier state for resourceVersionMatch=Exact", async () => {
    await using world = await start();
    const { cluster } = world.simulator;
    const pod = world.put("a");
    cluster.put({ ...pod, status: { phase: "Running" } });
    cluster.removePod("a");
    using client = world.client(2);
    const phases = async (version: number) => {
      const response = await client.get(`${PODS}?resourceVersion=${version}&resourceVersionMatch=Exact`);
      return ((await response.json()).items as { status: { phase: string } }[]).map(({ status }) => status.phase);
    };
    expect([await phases(2), await phases(3), await phases(4)]).toEqual([["Pending"], ["Running"], []]);
  });

  it("supports the largest allowed values", async () => {
    await using world = await start({ resourceVersionBase: 2n ** 120n });
    const pod = world.put("a");
    expect(pod.metadata.resourceVersion).toBe("1329227995784915872903807060280344578");
    world.put("b");
    using client = world.client(2);
    const events = (await client.get(`${PODS}?watch=1&resourceVersion=${pod.metadata.resourceVersion}`)).events();
    expect(await take(events, 1)).toMatchObject([{ object: { metadata: { name: "b" } } }]);
  });
});

describe("rejected requests", () => {
  it.each([
    [
      "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&watch=1",
      422,
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    ],
    [
      "resourceVersionMatch=Exact",
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    ["fieldSelector=spec.containers=x", 400, "field label not supported: spec.containers"],
    ["continue=x", 400, "invalid continue token: continue key is not valid: illegal base64 data at input byte 0"],
  ])("?%s → %i", async (query, status, message) => {
    await using world = await start({ watchList: false });
    using client = world.client(2);
    const response = await client.get(`${PODS}?${query}`);
    expect([response.status, (await response.json()).message]).toEqual([status, message]);
  });

  it("rejects other paths, methods and media types", async () => {
    await using world = await start();
    using client = world.client(1);
    expect((await client.get("/api/v1/namespaces/shop/secrets")).status).toBe(403);
    expect((await client.get("/apis/project.openshift.io")).status).toBe(404);
    expect((await client.get(PODS, { accept: "application/json;as=Table;g=meta.k8s.io;v=v1" })).status).toBe(406);
    expect((await client.get(`${PODS}/absent`)).status).toBe(404);
  });
});

it("sends DELETED with the previous state for an object that leaves the selection", async () => {
  await using world = await start();
  const { cluster } = world.simulator;
  const pod = world.put("a");
  using client = world.client(2);
  const events = (await client.get(`${PODS}?watch=1&resourceVersion=2&fieldSelector=status.phase=Pending`)).events();
  cluster.put({ ...pod, status: { phase: "Running" } });
  expect(await take(events, 1)).toMatchObject([
    { type: "DELETED", object: { status: { phase: "Pending" }, metadata: { resourceVersion: "3" } } },
  ]);
});

it("serves plain HTTP/1.1 without TLS", async () => {
  await using world = await start({ protocol: "plain" });
  using client = world.client(1);
  expect((await client.get("/readyz")).status).toBe(200);
});

describe("Events through the API", () => {
  const EVENTS = "/api/v1/namespaces/shop/events";
  const event = {
    metadata: { generateName: "web-0." },
    involvedObject: { kind: "Pod", name: "web-0" },
    reason: "Alert",
  };

  it("are created with permission, and their count is updated", async () => {
    await using world = await start();
    const token = world.simulator.token(["shop"], { serviceAccount: "a:b", rules: VIEW_AND_WRITE_EVENTS });
    using client = world.client(2, { token });
    const created = await client.post(EVENTS, event);
    expect(created.status).toBe(201);
    const { metadata } = (await created.json()) as { metadata: { name: string } };
    expect(metadata.name).toMatch(/^web-0\.[a-z0-9]{5}$/);
    const again = await client.post(EVENTS, { ...event, metadata: { name: metadata.name } });
    expect([again.status, (await again.json()).reason]).toEqual([409, "AlreadyExists"]);
    const counted = await client.patch(`${EVENTS}/${metadata.name}`, { count: 2 });
    expect([counted.status, await counted.json()]).toMatchObject([200, { count: 2, reason: "Alert" }]);
    const listed = await client.get(`${EVENTS}?fieldSelector=involvedObject.name=web-0,reason=Alert`);
    expect((await listed.json()).items).toHaveLength(1);
  });

  it("are not created with the view role alone", async () => {
    await using world = await start();
    using client = world.client(1);
    expect((await client.post(EVENTS, event)).status).toBe(403);
  });
});

it("compresses large lists only, and only if accepted", async () => {
  await using world = await start();
  for (let i = 0; i < 100; i++) world.put(`pod-${i}`);
  using client = world.client(1);
  const encodingOf = async (query: string, headers = {}) => {
    const response = await client.get(`${PODS}${query}`, headers);
    await response.text();
    return response.headers["content-encoding"];
  };
  const gzip = { "accept-encoding": "gzip" };
  expect([await encodingOf("", gzip), await encodingOf("?limit=2", gzip), await encodingOf("")]).toEqual([
    "gzip",
    undefined,
    undefined,
  ]);
});
