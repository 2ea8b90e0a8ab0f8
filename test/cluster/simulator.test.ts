/**
 * The simulator and a real API server must give the same answers to the same requests: status, headers and body, except
 * for values that differ from run to run. A difference is a mistake in the simulator.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Differential, openDifferential } from "../support/differential.ts";

const kubeconfig = process.env.POD_WATCHER_TEST_KUBECONFIG;

if (kubeconfig) describe("the simulator and a real API server", () => compare(kubeconfig));
else
  it("the simulator and a real API server", (context) =>
    context.skip("not run: Go is not installed, and POD_WATCHER_TEST_KUBECONFIG names no admin kubeconfig"));

const WATCH_LIST = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
const JSON_BODY = { "content-type": "application/json" };
const PROTOBUF = "application/vnd.kubernetes.protobuf";

function compare(adminKubeconfig: string): void {
  let both: Differential;
  beforeAll(async () => {
    both = await openDifferential(adminKubeconfig);
    for (const name of ["a", "b", "c"]) await both.createPod(name);
  });
  afterAll(async () => both?.[Symbol.asyncDispose]());

  /** Sends the same request to both and expects the same answer, which it returns. */
  const agree = async (...request: Parameters<Differential["ask"]>): Promise<Answer> => {
    const { simulated, real } = await both.ask(...request);
    expect(simulated).toEqual(real);
    return real;
  };
  const pods = () => `/api/v1/namespaces/${both.namespace}/pods`;
  const events = () => `/api/v1/namespaces/${both.namespace}/events`;

  describe("lists", () => {
    it.each([
      "",
      "?limit=2",
      "?limit=500",
      "?limit=0",
      "?limit=-1",
      "?limit=x",
      "?timeoutSeconds=x",
      "?resourceVersion=0",
      "?resourceVersion=",
      "?resourceVersion=CURRENT",
      "?resourceVersion=CURRENT&resourceVersionMatch=Exact",
      "?resourceVersion=CURRENT&resourceVersionMatch=NotOlderThan",
      "?resourceVersion=CURRENT&resourceVersionMatch=Newest",
      "?resourceVersionMatch=Exact",
      "?resourceVersionMatch=NotOlderThan",
      "?resourceVersion=0&resourceVersionMatch=Exact",
      "?resourceVersion=0&limit=2",
      "?continue=x",
      "?continue=x&resourceVersion=CURRENT",
      "?continue=x&resourceVersion=0",
      "?continue=x&resourceVersion=CURRENT&resourceVersionMatch=Exact",
      "?sendInitialEvents=true",
      "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
      "?fieldSelector=status.phase=Pending",
      "?fieldSelector=status.phase!=Pending",
      "?fieldSelector=status.phase=Pending&limit=2",
      "?fieldSelector=metadata.name=b",
      "?fieldSelector=spec.nodeName=",
      "?fieldSelector=spec.containers=x",
      "?fieldSelector=nonsense",
      "?labelSelector=app",
      "?labelSelector=!app",
      "?labelSelector=app%20in%20(",
      "?labelSelector=app=web",
      "?watch=0",
      "?watch=false",
      "?pretty=true",
    ])("pods%s", async (query) => {
      await agree("GET", pods() + query);
    });

    it.each(["x", "-1"])("the version %s", async (version) => {
      const { simulated, real } = await both.ask("GET", `${pods()}?resourceVersion=${version}`);
      if (both.watchList) expect(simulated).toEqual(real);
      else expect(real.status).toBe(500); // Kubernetes 1.28 takes it for a mistake of its own.
    });

    it("a list newer than the present", async () => {
      await agree("GET", `${pods()}?resourceVersion=FUTURE`);
    });

    it("the second and the last page", async () => {
      for (const continued of await both.nextPages(`${pods()}?limit=1`))
        expect(continued.simulated).toEqual(continued.real);
    });

    it("events", async () => {
      await agree("GET", events());
      await agree("GET", `${events()}?fieldSelector=involvedObject.name=a,involvedObject.kind=Pod`);
      await agree("GET", `${events()}?fieldSelector=reason=x&limit=1`);
      await agree("GET", `${events()}?fieldSelector=nonsense=x`);
    });
  });

  describe("watches", () => {
    it.each([
      "watch=1",
      "watch=true&resourceVersion=0",
      "watch=1&resourceVersion=CURRENT",
      "watch=1&resourceVersion=x",
      "watch=1&resourceVersion=-1",
      "watch=1&resourceVersion=0&fieldSelector=metadata.name=a",
      "watch=1&limit=1",
      "watch=1&allowWatchBookmarks=true",
      "watch=1&allowWatchBookmarks=true&resourceVersion=0",
      "watch=1&continue=x",
      "watch=1&allowWatchBookmarks=true&resourceVersion=CURRENT",
      "watch=1&resourceVersion=CURRENT&resourceVersionMatch=NotOlderThan",
      "watch=1&sendInitialEvents=true",
      "watch=1&sendInitialEvents=false",
      "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact",
      "watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan",
      WATCH_LIST,
      `${WATCH_LIST}&allowWatchBookmarks=true`,
      `${WATCH_LIST}&allowWatchBookmarks=true&resourceVersion=0`,
      `${WATCH_LIST}&allowWatchBookmarks=true&resourceVersion=CURRENT`,
      `${WATCH_LIST}&allowWatchBookmarks=true&resourceVersion=x`,
      `${WATCH_LIST}&allowWatchBookmarks=true&fieldSelector=metadata.name=b`,
      `${WATCH_LIST}&continue=x`,
    ])("pods?%s", async (query) => {
      await agree("GET", `${pods()}?${query}&timeoutSeconds=1`);
    });

    it("a WatchList newer than the present", async () => {
      await agree("GET", `${pods()}?${WATCH_LIST}&allowWatchBookmarks=true&resourceVersion=FUTURE&timeoutSeconds=1`);
    });

    it("changes while watching, seen through a field selector too", async () => {
      for (const query of ["", "&fieldSelector=status.phase=Pending"]) {
        const name = `changing${query.length}`;
        const { simulated, real } = await both.watchDuring(
          `${pods()}?watch=1&resourceVersion=CURRENT${query}`,
          async () => {
            await both.createPod(name);
            await both.setPhase(name, "Running");
            await both.deletePod(name);
          },
        );
        expect(simulated).toEqual(real);
      }
    });

    it("nothing but bookmarks while nothing changes", async () => {
      const query = "watch=1&allowWatchBookmarks=true&resourceVersion=CURRENT&timeoutSeconds=4";
      const { simulated, real } = await both.ask("GET", `${pods()}?${query}`);
      // A real server sends a bookmark when objects of other kinds have moved its resourceVersion.
      const withoutBookmarks = (answer: typeof real) => ({
        ...answer,
        body: [answer.body].flat().filter((event) => (event as { type?: string }).type !== "BOOKMARK"),
      });
      expect(withoutBookmarks(simulated)).toEqual({ ...withoutBookmarks(real), body: [] });
      expect(withoutBookmarks(real).body).toEqual([]);
    });

    it("a bookmark 2 s before the end if anything changed", async () => {
      const { simulated, real } = await both.watchDuring(
        `${pods()}?watch=1&allowWatchBookmarks=true&resourceVersion=CURRENT`,
        () => both.createPod("new"),
        6,
      );
      expect(simulated).toEqual(real);
    });
  });

  describe("authentication and authorization", () => {
    it.each([
      ["a wrong token", { authorization: "Bearer nonsense" }],
      ["an empty token", { authorization: "Bearer" }],
      ["another scheme", { authorization: "Basic YTpi" }],
    ])("%s", async (_title, headers) => {
      await agree("GET", pods(), { headers });
    });

    it.each(["/version", "/readyz", "/livez", "/healthz", "/api/v1/pods", "/metrics", "/apis/absent.example.com"])(
      "anonymous %s",
      async (path) => {
        await agree("GET", path, { as: "nobody" });
      },
    );

    it.each([
      "/version",
      "/readyz",
      "/api/v1/pods",
      "/api/v1/pods?watch=true",
      "/api/v1/namespaces",
      "/api/v1/namespaces/OTHER/pods",
      "/api/v1/namespaces/OTHER/pods?watch=1",
      "/api/v1/namespaces/OTHER/pods/x",
      "/api/v1/namespaces/OTHER/pods/x/log",
      "/api/v1/namespaces/OTHER",
      "/api/v1/namespaces/OTHER/events",
      "/api/v1/namespaces/absent/pods",
      "/api/v1/namespaces/NAMESPACE/secrets",
      "/api/v1/namespaces/NAMESPACE/secrets/x",
      "/api/v1/namespaces/NAMESPACE/pods/a/exec",
      "/api/v1/namespaces/NAMESPACE/nonsense",
      "/api/v1/nonsense",
      "/apis/coordination.k8s.io/v1/namespaces/NAMESPACE/leases",
      "/apis/image.openshift.io/v1/namespaces/NAMESPACE/imagestreams/x",
      "/apis/project.openshift.io",
      "/apis/project.openshift.io/v1/projects",
      "/apis/user.openshift.io/v1/users/~",
      "/metrics",
      "/nonsense",
    ])("view %s", async (path) => {
      await agree("GET", path);
    });

    it.each([
      ["POST", ""],
      ["DELETE", ""],
      ["PUT", "/a"],
      ["PATCH", "/a"],
      ["DELETE", "/a"],
      ["POST", "/a/eviction"],
    ])("view %s pods%s", async (method, path) => {
      await agree(method, pods() + path, method === "DELETE" ? {} : { headers: JSON_BODY, body: {} });
    });

    it.each([
      ["Content-Type without a body", "POST", {}, undefined],
      ["an event", "POST", JSON_BODY, { metadata: { name: "x" } }],
    ])("view events: %s", async (_title, method, headers, body) => {
      await agree(method, events(), { headers, body });
    });
  });

  describe("reviews", () => {
    const SELF = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const attributes = (verb: string, resource: string, more: object = {}) => ({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { namespace: both.namespace, verb, resource, ...more } },
    });
    it.each([
      ["list", "pods", {}],
      ["watch", "pods", {}],
      ["get", "pods", { subresource: "log" }],
      ["get", "pods", { subresource: "exec" }],
      ["list", "pods", { namespace: "absent" }],
      ["list", "pods", { namespace: "" }],
      ["get", "namespaces", {}],
      ["list", "secrets", {}],
      ["create", "events", {}],
      ["get", "pods", { name: "a" }],
      ["list", "nonsense", {}],
    ])("may I %s %s %o", async (verb, resource, more) => {
      await agree("POST", SELF, { headers: JSON_BODY, body: attributes(verb, resource, more) });
    });

    it("an access review without attributes, without a spec, and without JSON", async () => {
      for (const body of [{ spec: {} }, {}]) {
        const { simulated, real } = await both.ask("POST", SELF, { headers: JSON_BODY, body });
        if (both.watchList) expect(simulated).toEqual(real);
        else expect(real.status).toBe(simulated.status); // Kubernetes 1.28 names another field.
      }
      await agree("POST", SELF, { headers: JSON_BODY, text: "nonsense" });
    });

    it("an access review that only gets read", async () => {
      await agree("GET", SELF);
    });

    it("who am I", async () => {
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      await agree("POST", path, { headers: JSON_BODY, body: {} });
      await agree("POST", path, {
        headers: JSON_BODY,
        body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
      });
    });

    it("others' access and tokens are not for view", async () => {
      const post = { headers: JSON_BODY, body: {} };
      await agree("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", post);
      await agree("POST", "/apis/authentication.k8s.io/v1/tokenreviews", post);
    });
  });

  describe("objects", () => {
    it.each(["/a", "/absent", "/absent/log", "/a/log", "/a/log?container=absent", "/a/log?previous=true"])(
      "pods%s",
      async (path) => {
        await agree("GET", pods() + path);
      },
    );

    it("the namespace itself", async () => {
      await agree("GET", `/api/v1/namespaces/${both.namespace}`);
    });

    it.each([
      "application/json",
      PROTOBUF,
      `${PROTOBUF},application/json`,
      "*/*",
      "text/html",
      "application/xml;q=0.9,*/*;q=0.1",
    ])("Accept: %s", async (accept) => {
      await agree("GET", `${pods()}/a`, { headers: { accept } });
      await agree("GET", `${pods()}/absent`, { headers: { accept } });
      await agree("GET", `${pods()}?watch=1&timeoutSeconds=1`, { headers: { accept } });
    });
  });

  describe("events with the role edit", () => {
    const event = (name: string) => ({
      metadata: { name },
      involvedObject: { kind: "Pod", namespace: both.namespace, name: "a" },
      reason: "Test",
    });
    const writes = (method: string, path: string, body: object, type = "application/json") =>
      agree(method, events() + path, { as: "editor", headers: { "content-type": type }, body });
    it("are created once, patched and read", async () => {
      await writes("POST", "", event("e"));
      await writes("POST", "", event("e"));
      await writes("PATCH", "/e", { count: 2 }, "application/merge-patch+json");
      await writes("PATCH", "/absent", { count: 2 }, "application/merge-patch+json");
      await agree("GET", `${events()}/e`);
      await agree("GET", `${events()}?fieldSelector=involvedObject.name=a,reason=Test`);
    });

    it("are refused without a name, without JSON, and in another namespace", async () => {
      await writes("POST", "", { ...event(""), metadata: {} });
      await agree("POST", events(), { as: "editor", headers: JSON_BODY, text: "nonsense" });
      await writes("POST", "", { ...event("f"), metadata: { name: "f", namespace: "other" } });
      await agree("PATCH", `${events()}/e`, { as: "editor", headers: { "content-type": "text/plain" }, text: "x" });
    });
  });

  it("Jobs and CronJobs", async () => {
    await both.createJob("import");
    for (const path of ["jobs/import", "jobs/absent", "cronjobs/absent"]) {
      await agree("GET", `/apis/batch/v1/namespaces/NAMESPACE/${path}`);
      await agree("GET", `/apis/batch/v1/namespaces/OTHER/${path}`);
    }
  });
}
