import { expect, it } from "vitest";
import type { Pod } from "../model/objects.ts";
import { parseFieldSelector, parseLabelSelector } from "./selectors.ts";

const pod = {
  metadata: { name: "web-0", namespace: "shop", labels: { app: "web", tier: "front" } },
  spec: { nodeName: "node-1", restartPolicy: "Always" },
  status: { phase: "Running" },
} as unknown as Pod;

it.each([
  ["app=web", true],
  ["app==web,tier!=back", true],
  ["app!=web", false],
  ["app in (web, api)", true],
  ["app notin (web)", false],
  ["tier,!canary", true],
  ["canary", false],
])("labels %s → %s", (selector, matches) => expect(parseLabelSelector(selector)(pod)).toBe(matches));

it.each([
  ["metadata.name=web-0", true],
  ["spec.nodeName=node-1,status.phase!=Failed", true],
  ["status.phase=Pending", false],
])("fields %s → %s", (selector, matches) => expect(parseFieldSelector("pods", selector)(pod)).toBe(matches));

it("rejects unsupported selectors", () => {
  expect(() => parseFieldSelector("pods", "status.message=x")).toThrow("field label not supported: status.message");
  expect(() => parseLabelSelector("a=b=c")).toThrow("unable to parse requirement");
});
