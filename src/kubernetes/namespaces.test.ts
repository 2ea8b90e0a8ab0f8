import { expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import type { ApiRequest } from "./api-request.ts";
import { createNamespaces } from "./namespaces.ts";

/** An API server in which a test can change what there is. */
function cluster() {
  const state = {
    /** Status of the answer to the list of projects. */
    projectsStatus: 200,
    projects: [] as string[],
    /** Of a namespace's pods; 200 when not named. */
    podsStatus: {} as Record<string, number>,
    gone: [] as string[],
    asked: [] as string[],
  };
  const request: ApiRequest = async ({ path }) => {
    state.asked.push(path);
    const [, namespace, pods] = /^\/api\/v1\/namespaces\/([^/?]+)(\/pods)?/.exec(path) ?? [];
    const status =
      namespace === undefined
        ? state.projectsStatus
        : pods === undefined
          ? state.gone.includes(namespace)
            ? 404
            : 200
          : (state.podsStatus[namespace] ?? 200);
    const items = state.projects.map((name) => ({ metadata: { name } }));
    const body = Buffer.from(JSON.stringify(status === 200 ? { items } : { kind: "Status", message: "no" }));
    return { status, contentType: "application/json", body, isCut: false };
  };
  return { state, request };
}

function watching({ configured = [] as string[], own = undefined as string | undefined } = {}) {
  const { state, request } = cluster();
  const clock = createFakeClock();
  const told: (readonly string[])[] = [];
  const problems: (string | undefined)[] = [];
  const namespaces = createNamespaces({ request, clock, configured, own });
  const start = async () => {
    namespaces.start({
      changed: (list) => told.push(list),
      problem: (message) => problems.push(message),
    });
    await clock.settle();
  };
  return { state, clock, told, problems, namespaces, start };
}

it("listed namespaces are taken as they are, and nobody is asked", async () => {
  const { state, told, start } = watching({ configured: ["shop", "blog", "shop"], own: "tools" });
  await start();
  expect(told).toEqual([["blog", "shop"]]);
  expect(state.asked).toEqual([]);
});

it("on OpenShift they are the projects that the token sees; new ones join within a minute", async () => {
  const { state, clock, told, start } = watching({ own: "tools" });
  state.projects = ["shop", "blog"];
  await start();
  expect(told).toEqual([["blog", "shop"]]);
  state.projects = ["shop", "blog", "new"];
  await clock.advance(60_000);
  expect(told.at(-1)).toEqual(["blog", "new", "shop"]);
});

it.each([404, 403])("where there are no projects (%i) it is the pod's own namespace", async (status) => {
  const { state, clock, told, problems, start } = watching({ own: "tools" });
  state.projectsStatus = status;
  await start();
  expect(told).toEqual([["tools"]]);
  expect(problems).toEqual([]);
  expect(clock.timers).toBe(0);
});

it("and where there is none of its own, somebody has to say", async () => {
  const { state, told, problems, start } = watching();
  state.projectsStatus = 404;
  await start();
  expect(told).toEqual([[]]);
  expect(problems).toEqual([expect.stringContaining("Set OPENSHIFT_NAMESPACE")]);
});

it("a token that sees no project watches its own namespace, whose refusal says what is missing", async () => {
  const { told, start } = watching({ own: "tools" });
  await start();
  expect(told).toEqual([["tools"]]);
});

it("until the first answer it is asked every two seconds", async () => {
  const { state, clock, told, problems, start } = watching({ own: "tools" });
  state.projectsStatus = 503;
  await start();
  await clock.advance(4_000);
  expect(state.asked).toHaveLength(3);
  expect(told).toEqual([]);
  expect(problems).toEqual([expect.stringContaining("could not list projects (503)")]);
  state.projectsStatus = 200;
  state.projects = ["shop"];
  await clock.advance(2_000);
  expect(told).toEqual([["shop"]]);
  expect(problems.at(-1)).toBeUndefined();
});

it.each([503, 404, 403])("a projects API that is away later (%i) changes nothing", async (status) => {
  const { state, clock, told, start } = watching();
  state.projects = ["shop"];
  await start();
  state.projectsStatus = status;
  await clock.advance(300_000);
  state.projectsStatus = 200;
  await clock.advance(60_000);
  expect(told).toEqual([["shop"]]);
});

it("a project that is missing from the answer alone goes on being watched, and that is told", async () => {
  const { state, clock, told, problems, start } = watching();
  state.projects = ["shop", "blog"];
  await start();
  state.projects = ["shop"];
  await clock.advance(60_000);
  expect(told).toEqual([["blog", "shop"]]);
  expect(problems.at(-1)).toBe("The list of projects lacks blog, which can be watched all the same.");
  state.projects = [];
  state.podsStatus = { shop: 503, blog: 500 };
  await clock.advance(60_000);
  expect(told).toHaveLength(1);
});

it.each([
  ["may no longer be read", { podsStatus: { blog: 403 } }],
  ["is gone", { gone: ["blog"] }],
])("a project that is missing and %s is given up within a minute", async (_how, change) => {
  const { state, clock, told, problems, start } = watching();
  state.projects = ["shop", "blog"];
  await start();
  Object.assign(state, { projects: ["shop"] }, change);
  await clock.advance(60_000);
  expect(told).toEqual([["blog", "shop"], ["shop"]]);
  expect(problems.at(-1)).toBeUndefined();
});

it("stops asking when it is disposed of", async () => {
  const { state, clock, namespaces, start } = watching();
  state.projects = ["shop"];
  await start();
  namespaces[Symbol.dispose]();
  await clock.advance(600_000);
  expect(state.asked).toHaveLength(1);
  expect(clock.timers).toBe(0);
});
