import { describe, expect, it } from "vitest";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";
import { parseMatcher } from "./matcher.ts";
import { createRouter, groupOf, type Route, receiversOf, routingLabels } from "./route.ts";

const when = (...matchers: string[]) => matchers.map(parseMatcher);

const tree: Route = {
  receiver: "team",
  routes: [
    { matchers: when("severity=critical"), receiver: "pager", continue: true, repeatInterval: HOUR },
    {
      matchers: when('namespace=~"shop|bank"'),
      receiver: "shop",
      groupWait: MINUTE,
      routes: [{ matchers: when("alertname=PodFailed"), groupBy: ["namespace"] }],
    },
    { matchers: when("namespace=shop"), receiver: "unreachable" },
  ],
};

describe("createRouter", () => {
  const route = createRouter(tree);
  it.each`
    labels                                                                | receivers
    ${{ namespace: "test", severity: "warning" }}                         | ${["team"]}
    ${{ namespace: "test", severity: "critical" }}                        | ${["pager"]}
    ${{ namespace: "shop", severity: "critical" }}                        | ${["pager", "shop"]}
    ${{ namespace: "shop", severity: "warning" }}                         | ${["shop"]}
    ${{ namespace: "bank", severity: "warning", alertname: "PodFailed" }} | ${["shop"]}
  `("$labels: $receivers", ({ labels, receivers }) => {
    expect(route(labels).map((destination) => destination.receiver)).toEqual(receivers);
  });

  it("inherits unset fields from the parent route", () => {
    const [pager, shop] = route({ namespace: "shop", severity: "critical", alertname: "PodFailed" });
    expect(pager).toEqual({
      name: '{severity="critical"}',
      receiver: "pager",
      groupBy: ["namespace", "workload", "alertname"],
      groupWait: 30 * SECOND,
      groupInterval: 5 * MINUTE,
      repeatInterval: HOUR,
      sendResolved: true,
      quietHours: [],
    });
    expect(shop).toMatchObject({
      name: '{namespace=~"shop|bank"}{alertname="PodFailed"}',
      receiver: "shop",
      groupBy: ["namespace"],
      groupWait: MINUTE,
      repeatInterval: 4 * HOUR,
    });
  });

  it("lets a child route override every field", () => {
    const night = [{ timeZone: "UTC", from: 0, to: 0 }];
    const all: Route = {
      receiver: "a",
      routes: [{ receiver: "b", groupInterval: 1, sendResolved: false, quietHours: night }],
    };
    expect(createRouter(all)({})).toMatchObject([
      { receiver: "b", groupInterval: 1, sendResolved: false, quietHours: night, name: "" },
    ]);
  });

  it("rejects a root route without a receiver", () => {
    expect(() => createRouter({ routes: [tree] })).toThrow(RangeError);
  });
});

it("lists the receivers of a tree", () => {
  expect([...receiversOf({ receiver: "a", routes: [{ receiver: "b", routes: [{ receiver: "a" }] }, {}] })]).toEqual([
    "a",
    "b",
  ]);
});

it("routes by severity as well", () => {
  const labels = { alertname: "PodFailed", namespace: "shop" } as const;
  expect(routingLabels({ labels, severity: "warning" })).toEqual({ ...labels, severity: "warning" });
});

describe("groupOf", () => {
  const [destination] = createRouter({ receiver: "a" })({});
  const labels = { namespace: "shop", alertname: "PodFailed", pod: "web-0" } as const;
  const alertWith = (changes: object, cause?: string, node?: string) => ({
    labels: { ...labels, ...changes },
    severity: "warning" as const,
    annotations: { summary: "", description: "", cause },
    subject: node === undefined ? {} : { node },
  });

  it("contains the grouping labels that the alert has", () => {
    const alert = alertWith({});
    expect(groupOf(destination!, alert).labels).toEqual({ alertname: "PodFailed", namespace: "shop" });
    expect(groupOf({ ...destination!, groupBy: ["..."] }, alert).labels).toEqual({ ...labels, severity: "warning" });
    expect(groupOf({ ...destination!, groupBy: [] }, alert).labels).toEqual({});
  });

  it("is equal for equal labels, and different for another receiver, route or value", () => {
    const key = (changes: object, to: object = {}) => groupOf({ ...destination!, ...to }, alertWith(changes)).key;
    expect(key({ pod: "web-1" })).toBe(key({}));
    expect(
      new Set([key({}), key({ namespace: "bank" }), key({}, { receiver: "b" }), key({}, { name: "x" })]).size,
    ).toBe(4);
    expect(key({})).toMatch(/^[0-9a-f]{16}$/);
  });

  describe("a node stopped reporting", () => {
    const lost = (changes: object, groupBy: readonly string[] = destination!.groupBy) =>
      groupOf({ ...destination!, groupBy }, alertWith(changes, "NodeNotReady", "node-3"));

    it("the alerts of its pods are one group, whatever their namespace, workload and name", () => {
      expect(lost({}).labels).toEqual({ node: "node-3" });
      expect(lost({ namespace: "bank", alertname: "PodStuckTerminating" }).key).toBe(lost({}).key);
      expect(lost({}, ["severity", "namespace"]).labels).toEqual({ node: "node-3", severity: "warning" });
    });

    it("is no reason to split the only group, or to join alerts that each have a group", () => {
      expect(lost({}, []).labels).toEqual({});
      expect(lost({}, ["severity"]).labels).toEqual({ severity: "warning" });
      expect(lost({}, ["..."]).labels).toEqual({ ...labels, severity: "warning" });
    });

    it("an alert with another cause on this node has its own group", () => {
      expect(groupOf(destination!, alertWith({}, "Error", "node-3")).labels).toEqual({
        alertname: "PodFailed",
        namespace: "shop",
      });
      expect(groupOf(destination!, alertWith({}, "NodeNotReady")).labels).not.toHaveProperty("node");
    });
  });
});
