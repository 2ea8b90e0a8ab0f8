import { describe, expect, it } from "vitest";
import {
  countSeverities,
  groupOfIncident,
  type IncidentFilter,
  incidentOrder,
  isInView,
  type ListedIncident,
  matcherOf,
  type PodFacts,
  type SearchTerms,
  sharedFacts,
} from "./list.ts";
import { INCIDENT_VIEWS } from "./views.ts";

const NO_TERMS: SearchTerms = {
  ns: [],
  owner: [],
  node: [],
  image: [],
  alert: [],
  reason: [],
  exit: [],
  by: [],
  text: [],
  log: [],
};

function incident(
  id: string,
  { terms, ...change }: Partial<Omit<ListedIncident, "terms">> & { readonly terms?: Partial<SearchTerms> } = {},
): ListedIncident {
  return {
    id,
    namespace: "shop",
    workload: `Deployment/${id}`,
    severity: "warning",
    phase: "open",
    since: 0,
    isHandled: false,
    restartCount: 0,
    cause: "PodCrashLooping",
    terms: { ...NO_TERMS, ...terms },
    ...change,
  };
}

it.each`
  change                                      | views
  ${{}}                                       | ${"attention open"}
  ${{ isHandled: true }}                      | ${"open handled"}
  ${{ phase: "recovering" }}                  | ${"open"}
  ${{ phase: "recovering", isHandled: true }} | ${"open handled"}
  ${{ phase: "resolved" }}                    | ${"recovered"}
`("an incident with $change is in: $views", ({ change, views }) => {
  expect(INCIDENT_VIEWS.filter((view) => isInView(incident("a", change), view)).join(" ")).toBe(views);
});

describe("a search", () => {
  const one = incident("web", {
    terms: {
      ns: ["shop"],
      node: ["Worker-3"],
      exit: ["137"],
      text: ["cannot reach orders-db:5432"],
      log: ["its disk is full"],
    },
  });
  const matches = (filter: Partial<IncidentFilter>, logsOf: readonly string[] = []) =>
    matcherOf({ view: "open", severities: [], namespaces: [], search: "", ...filter }, new Set(logsOf))(one);

  it.each`
    search                    | found
    ${""}                     | ${true}
    ${"orders-db:5432"}       | ${true}
    ${"WORKER reach"}         | ${true}
    ${"node:worker-3"}        | ${true}
    ${"node:worker-3 exit:1"} | ${true}
    ${"node:137"}             | ${false}
    ${"by:jdoe"}              | ${false}
    ${"reach nothing"}        | ${false}
  `("for “$search” finds it: $found", ({ search, found }) => expect(matches({ search })).toBe(found));

  it("reads logs only in the given namespaces", () => {
    const search = "disk reach";
    expect([matches({ search }), matches({ search }, ["bank"]), matches({ search }, ["shop"])]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("is limited to the chosen namespaces", () => {
    expect([matches({ namespaces: ["shop"] }), matches({ namespaces: ["bank"] })]).toEqual([true, false]);
  });
});

describe("the order", () => {
  const all = [
    incident("c", { since: 3, restartCount: 1 }),
    incident("a", { since: 1, severity: "critical", namespace: "zoo" }),
    incident("u", { since: 9, severity: "unknown", namespace: "bank" }),
    incident("r", { since: 8, severity: "critical", phase: "recovering", restartCount: 5 }),
    incident("b", { since: 3, restartCount: 1 }),
  ];

  it.each`
    sort           | order
    ${"severity"}  | ${"a r u b c"}
    ${"newest"}    | ${"u r b c a"}
    ${"longest"}   | ${"a b c r u"}
    ${"workload"}  | ${"a b c r u"}
    ${"namespace"} | ${"u r b c a"}
    ${"restarts"}  | ${"r b c a u"}
  `("by $sort is $order", ({ sort, order }) => {
    expect(
      all
        .toSorted(incidentOrder(sort))
        .map(({ id }) => id)
        .join(" "),
    ).toBe(order);
  });

  it("has namespaces by their name among workloads, and leaves equal ones in place", () => {
    const { workload: _, ...namespace } = incident("x", { namespace: "abc" });
    expect([incident("web"), namespace].toSorted(incidentOrder("workload"))[0]).toBe(namespace);
    expect(incidentOrder("newest")(namespace, namespace)).toBe(0);
  });
});

it.each`
  by             | full                 | empty
  ${"namespace"} | ${"shop"}            | ${"shop"}
  ${"cause"}     | ${"PodCrashLooping"} | ${"PodCrashLooping"}
  ${"node"}      | ${"worker-1"}        | ${"no node"}
  ${"image"}     | ${"app:1"}           | ${"no image"}
`("an incident is grouped by $by as $full or $empty", ({ by, full, empty }) => {
  expect(groupOfIncident(incident("a", { terms: { node: ["worker-1"], image: ["app:1"] } }), by)).toBe(full);
  expect(groupOfIncident(incident("a"), by)).toBe(empty);
});

it("counts severities", () => {
  expect(countSeverities([incident("a"), incident("b", { severity: "critical" }), incident("c")])).toEqual({
    critical: 1,
    unknown: 0,
    warning: 2,
  });
});

describe("a shared cause", () => {
  const facts = (change: Partial<PodFacts> = {}): PodFacts => ({
    nodes: ["worker-3"],
    images: [],
    failing: 1,
    lastLine: undefined,
    ...change,
  });

  it("is what 3 incidents and 80 % of the failing pods share", () => {
    expect(sharedFacts([facts(), facts(), facts()])).toEqual([{ kind: "node", value: "worker-3", incidents: 3 }]);
    expect(sharedFacts([facts(), facts()])).toEqual([]);
    expect(sharedFacts([facts(), facts(), facts(), facts({ nodes: ["worker-1"] })])).toEqual([]);
    expect(sharedFacts([facts(), facts(), facts(), facts(), facts({ nodes: ["worker-1"] })])).toHaveLength(1);
  });

  it("may be a registry or the last line", () => {
    const from = (image: string) => facts({ nodes: [], images: [image], lastLine: "no route to host" });
    expect(sharedFacts(["quay.io/a/b:1", "quay.io/c", "quay.io/d"].map(from))).toEqual([
      { kind: "registry", value: "quay.io", incidents: 3 },
      { kind: "line", value: "no route to host", incidents: 3 },
    ]);
    expect(sharedFacts(["library/a", "b:1", "c"].map(from))[0]).toMatchObject({ value: "docker.io" });
    expect(sharedFacts(["localhost/a", "localhost/b", "localhost/c"].map(from))[0]).toMatchObject({
      value: "localhost",
    });
  });
});
