import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import type { ApiRequest } from "./api-request.ts";
import { createNamespaces, type NamespaceSelector } from "./namespaces.ts";

/** An API server in which a test can change what there is. */
function cluster() {
  const state = {
    /** Status of the answer to the list of projects. */
    projectsStatus: 200,
    projects: [] as string[],
    /** Of the question whether there is such an API. */
    groupStatus: 200,
    /** Of a namespace's pods; 200 when not named. */
    podsStatus: {} as Record<string, number>,
    gone: [] as string[],
    /** Names that the label selector team=shop selects. */
    labelled: [] as string[],
    namespacesStatus: 200,
    asked: [] as string[],
  };
  const request: ApiRequest = async ({ path }) => {
    state.asked.push(path);
    const [, namespace, pods] = /^\/api\/v1\/namespaces\/([^/?]+)(\/pods)?/.exec(path) ?? [];
    const status =
      namespace === undefined
        ? path === "/apis/project.openshift.io"
          ? state.groupStatus
          : path.startsWith("/api/v1/namespaces?")
            ? state.namespacesStatus
            : state.projectsStatus
        : pods === undefined
          ? state.gone.includes(namespace)
            ? 404
            : 200
          : (state.podsStatus[namespace] ?? 200);
    const isList = path.includes("?") && !path.includes("/pods");
    const names = path.includes("labelSelector=team%3Dshop") ? state.labelled : state.projects;
    const items = (isList ? names : state.projects).map((name) => ({ metadata: { name } }));
    const body = Buffer.from(JSON.stringify(status === 200 ? { items } : { kind: "Status", message: "no" }));
    return { status, contentType: "application/json", body, isCut: false };
  };
  return { state, request };
}

function watching({
  configured = [] as string[],
  own = undefined as string | undefined,
  remembered = [] as string[],
  user = undefined as string | undefined,
  selector = undefined as NamespaceSelector | undefined,
} = {}) {
  const { state, request } = cluster();
  const clock = createFakeClock();
  const reported: (readonly string[])[] = [];
  const problems: (string | undefined)[] = [];
  /** Watched namespaces whose watch is refused. */
  const forbidden: string[] = [];
  const isForbidden = (namespace: string) => forbidden.includes(namespace);
  const namespaces = createNamespaces({
    ...{ request, clock, configured, own, remembered, isForbidden, selector },
    user: () => user,
  });
  const start = async () => {
    namespaces.start({
      changed: (list) => reported.push(list),
      problem: (message) => problems.push(message),
    });
    await clock.settle();
  };
  return { state, clock, reported, problems, forbidden, namespaces, start };
}

it("listed namespaces are used as they are, without a request", async () => {
  const { state, reported, start } = watching({ configured: ["shop", "blog", "shop"], own: "tools" });
  await start();
  expect(reported).toEqual([["blog", "shop"]]);
  expect(state.asked).toEqual([]);
});

it("on OpenShift, the projects that the token sees are watched; new ones within a minute", async () => {
  const { state, clock, reported, start } = watching({ own: "tools" });
  state.projects = ["shop", "blog"];
  await start();
  expect(reported).toEqual([["blog", "shop"]]);
  state.projects = ["shop", "blog", "new"];
  await clock.advance(60_000);
  expect(reported.at(-1)).toEqual(["blog", "new", "shop"]);
});

it.each([404, 403])("without a projects API (%i), the pod's own namespace is watched", async (status) => {
  const { state, clock, reported, problems, start } = watching({ own: "tools" });
  state.projectsStatus = status;
  state.groupStatus = 404;
  await start();
  expect(reported).toEqual([["tools"]]);
  expect(problems).toEqual([]);
  await clock.advance(3_600_000);
  expect(reported).toHaveLength(1);
  expect(state.asked.length).toBeLessThan(25);
});

it("the projects API is tried again later, in case the cluster has it after all", async () => {
  const { state, clock, reported, start } = watching({ own: "tools" });
  Object.assign(state, { projectsStatus: 404, groupStatus: 404 });
  await start();
  await clock.advance(120_000);
  Object.assign(state, { projectsStatus: 200, groupStatus: 200, projects: ["shop", "tools"] });
  await clock.advance(600_000);
  expect(reported).toEqual([["tools"], ["shop", "tools"]]);
});

it("without a namespace of its own, a namespace must be configured", async () => {
  const { state, reported, problems, start } = watching();
  Object.assign(state, { projectsStatus: 404, groupStatus: 404 });
  await start();
  expect(reported).toEqual([[]]);
  expect(problems).toEqual([expect.stringContaining("Set OPENSHIFT_NAMESPACE")]);
});

describe("after a restart", () => {
  const remembered = ["blog", "shop"];

  it.each([
    ["lacks one", { projects: ["shop"] }],
    ["is empty", { projects: [] }],
    ["is refused (403)", { projectsStatus: 403 }],
    ["is not found (404)", { projectsStatus: 404 }],
    ["is away (503)", { projectsStatus: 503 }],
    ["is not even known to an API server that is just starting", { projectsStatus: 404, groupStatus: 404 }],
  ])("a list that %s does not remove a namespace that was watched before", async (_how, change) => {
    const { state, clock, reported, start } = watching({ own: "tools", remembered });
    Object.assign(state, change);
    await start();
    await clock.advance(10_000);
    expect(reported).toEqual([["blog", "shop"]]);
    Object.assign(state, { projectsStatus: 200, groupStatus: 200, projects: ["blog", "shop"] });
    await clock.advance(60_000);
    expect(reported).toHaveLength(1);
  });

  it("a namespace is removed when access to it is refused a second time", async () => {
    const { state, clock, reported, start } = watching({ own: "tools", remembered });
    state.projects = ["shop"];
    state.podsStatus = { blog: 403 };
    await start();
    expect(reported).toEqual([["blog", "shop"]]);
    await clock.advance(60_000);
    expect(reported).toEqual([["blog", "shop"], ["shop"]]);
  });

  it("refusals during the start of an API server remove nothing", async () => {
    const { state, clock, reported, problems, start } = watching({ own: "tools", remembered });
    Object.assign(state, { projectsStatus: 403, groupStatus: 403, podsStatus: { blog: 403, shop: 403 } });
    await start();
    Object.assign(state, { projectsStatus: 200, groupStatus: 200, projects: ["blog", "shop"], podsStatus: {} });
    await clock.advance(60_000);
    expect(reported).toEqual([["blog", "shop"]]);
    expect(problems.at(-1)).toBeUndefined();
  });

  it("without a projects API, a namespace that is no longer listed is removed within a minute", async () => {
    const { state, clock, reported, start } = watching({ own: "tools", remembered });
    Object.assign(state, { projectsStatus: 403, groupStatus: 404 });
    await start();
    await clock.advance(60_000);
    expect(reported.at(-1)).toEqual(["tools"]);
  });
});

const USER = "system:serviceaccount:tools:pod-watcher";
const GRANT = `oc policy add-role-to-user view ${USER} -n PROJECT`;

it("an account that sees no project says so, with the line that grants view, and does not watch its own namespace", async () => {
  const { state, clock, reported, problems, start } = watching({ own: "tools", user: USER });
  await start();
  expect(reported).toEqual([[]]);
  expect(problems).toEqual([
    `No namespace to watch: this account sees no project. Grant view in each project to watch: ${GRANT}.`,
  ]);
  state.projects = ["shop"];
  await clock.advance(60_000);
  expect(reported.at(-1)).toEqual(["shop"]);
  expect(problems.at(-1)).toBeUndefined();
});

describe("a project where pods may not be listed", () => {
  it("is skipped and reported, and joins when view is granted", async () => {
    const { state, clock, reported, problems, start } = watching({ own: "tools", user: USER });
    Object.assign(state, { projects: ["images", "shop"], podsStatus: { images: 403 } });
    await start();
    expect(reported).toEqual([["shop"]]);
    expect(problems).toEqual([
      `1 project is skipped because this account may not list pods there: images. To watch such a project, grant view in it: ${GRANT}.`,
    ]);
    state.podsStatus = {};
    await clock.advance(60_000);
    expect(reported.at(-1)).toEqual(["images", "shop"]);
    expect(problems.at(-1)).toBeUndefined();
  });

  it("is asked for at the next poll, then every five minutes", async () => {
    const { state, clock, start } = watching();
    Object.assign(state, { projects: ["images", "shop"], podsStatus: { images: 403 } });
    await start();
    await clock.advance(3_600_000);
    const asked = (project: string) => state.asked.filter((path) => path.includes(`/${project}/pods`)).length;
    expect(asked("images")).toBeGreaterThan(10);
    expect(asked("images")).toBeLessThanOrEqual(2 + 12);
    expect(asked("shop")).toBe(1);
  });

  it("is the only one: no namespace is watched, and that is said", async () => {
    const { state, reported, problems, start } = watching({ own: "tools" });
    Object.assign(state, { projects: ["a", "b"], podsStatus: { a: 403, b: 403 } });
    await start();
    expect(reported).toEqual([[]]);
    expect(problems.at(-1)).toContain("No namespace to watch: this account may not list pods in a, b. Grant view");
  });

  it("but was watched before is skipped when it is refused a second time", async () => {
    const { state, clock, reported, forbidden, start } = watching();
    state.projects = ["images", "shop"];
    await start();
    state.podsStatus = { images: 403 };
    forbidden.push("images");
    await clock.advance(clock.nextTimer()!);
    expect(reported).toEqual([["images", "shop"]]);
    await clock.advance(clock.nextTimer()!);
    expect(reported.at(-1)).toEqual(["shop"]);
  });

  it.each([500, 503])("is not one whose pods cannot be listed now (%i)", async (status) => {
    const { state, reported, problems, start } = watching();
    Object.assign(state, { projects: ["shop"], podsStatus: { shop: status } });
    await start();
    expect([reported, problems]).toEqual([[["shop"]], []]);
  });
});

it("the list is requested every two seconds until the first response", async () => {
  const { state, clock, reported, problems, start } = watching({ own: "tools" });
  state.projectsStatus = 503;
  await start();
  await clock.advance(4_000);
  expect(state.asked).toHaveLength(3);
  expect(reported).toEqual([]);
  expect(problems).toEqual([expect.stringContaining("failed to list projects (503)")]);
  state.projectsStatus = 200;
  state.projects = ["shop"];
  await clock.advance(2_000);
  expect(reported).toEqual([["shop"]]);
  expect(problems.at(-1)).toBeUndefined();
});

it("namespaces watched before are not checked while the projects cannot be listed", async () => {
  const { state, clock, reported, start } = watching({ own: "tools", remembered: ["blog", "shop"] });
  state.projectsStatus = 503;
  state.podsStatus = { blog: 403 };
  await start();
  await clock.advance(600_000);
  expect(reported).toEqual([["blog", "shop"]]);
  expect(state.asked.filter((path) => path.startsWith("/api/v1/"))).toEqual([]);
  expect(state.asked.length).toBeLessThan(25);
});

it.each([503, 404, 403])("a projects API that fails later (%i) changes nothing", async (status) => {
  const { state, clock, reported, start } = watching();
  state.projects = ["shop"];
  await start();
  state.projectsStatus = status;
  await clock.advance(300_000);
  state.projectsStatus = 200;
  await clock.advance(60_000);
  expect(reported).toEqual([["shop"]]);
});

it("a project that is missing only from the list stays watched, and that is reported", async () => {
  const { state, clock, reported, problems, start } = watching();
  state.projects = ["shop", "blog"];
  await start();
  state.projects = ["shop"];
  await clock.advance(60_000);
  expect(reported).toEqual([["blog", "shop"]]);
  expect(problems.at(-1)).toBe("The list of projects lacks blog, which can still be watched.");
  state.projects = [];
  state.podsStatus = { shop: 503, blog: 500 };
  await clock.advance(60_000);
  expect(reported).toHaveLength(1);
});

it.each([
  ["may no longer be read", { podsStatus: { blog: 403 } }],
  ["is gone", { gone: ["blog"] }],
])("a project that is missing and %s is removed within two minutes", async (_how, change) => {
  const { state, clock, reported, problems, start } = watching();
  state.projects = ["shop", "blog"];
  await start();
  Object.assign(state, { projects: ["shop"] }, change);
  await clock.advance(120_000);
  expect(reported).toEqual([["blog", "shop"], ["shop"]]);
  expect(problems.at(-1)).toBeUndefined();
});

it("a project whose permissions are revoked and granted again repeatedly is not removed", async () => {
  const { state, clock, reported, problems, start } = watching();
  state.projects = ["shop", "blog"];
  await start();
  state.projects = ["shop"];
  for (const podsStatus of [{ blog: 403 }, {}, { blog: 403 }, {}]) {
    Object.assign(state, { podsStatus });
    await clock.advance(clock.nextTimer()!);
  }
  expect(reported).toEqual([["blog", "shop"]]);
  expect(problems.at(-1)).toContain("lacks blog");
});

it("sends no requests once it is disposed", async () => {
  const { state, clock, namespaces, start } = watching();
  state.projects = ["shop"];
  await start();
  const asked = [...state.asked];
  namespaces[Symbol.dispose]();
  await clock.advance(600_000);
  expect(state.asked).toEqual(asked);
  expect(clock.timers).toBe(0);
});

describe("with a selector", () => {
  const matches = (name: string) => name !== "shop-dev";

  it("projects are selected by labels and name, and are dropped when their labels change", async () => {
    const { state, clock, reported, start } = watching({ selector: { labels: "team=shop", matches }, own: "tools" });
    state.projects = ["shop", "blog", "shop-dev", "shop-eu"];
    state.labelled = ["shop", "shop-dev", "shop-eu"];
    await start();
    expect(reported).toEqual([["shop", "shop-eu"]]);
    state.labelled = ["shop"];
    await clock.advance(60_000);
    expect(reported.at(-1)).toEqual(["shop"]);
    // A list that lacks a project by mistake drops nothing.
    Object.assign(state, { projects: [], labelled: [] });
    await clock.advance(60_000);
    expect(reported.at(-1)).toEqual(["shop"]);
  });

  it("a namespace of before a restart that is not selected is not watched", async () => {
    const { state, reported, start } = watching({ selector: { matches }, remembered: ["shop", "shop-dev"] });
    state.projectsStatus = 503;
    await start();
    expect(reported).toEqual([["shop"]]);
  });

  it("without a projects API, all namespaces are listed", async () => {
    const { state, reported, problems, start } = watching({ selector: { labels: "team=shop", matches }, own: "tools" });
    Object.assign(state, { projectsStatus: 404, groupStatus: 404, projects: ["shop", "blog"], labelled: ["shop"] });
    await start();
    expect(reported).toEqual([["shop"]]);
    expect(problems).toEqual([]);
  });

  it("says which permission is missing, and watches nothing else instead", async () => {
    const { state, reported, problems, start } = watching({ selector: { matches }, own: "tools" });
    Object.assign(state, { projectsStatus: 403, groupStatus: 404, namespacesStatus: 403 });
    await start();
    expect(reported).toEqual([[]]);
    expect(problems).toEqual([expect.stringContaining("permission to list namespaces")]);
  });
});
