import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import type { Finding } from "../../core/model/alert.ts";
import { MINUTE } from "../../core/model/time.ts";
import { alertNamespaceDiscovery } from "./namespace-discovery-alert.ts";

function starting(own: string | undefined) {
  const clock = createFakeClock();
  const reported: { namespace: string; findings: readonly Finding[] }[] = [];
  const report = (_source: string, namespace: string, findings: readonly Finding[]) =>
    void reported.push({ namespace, findings });
  return { clock, reported, discovery: alertNamespaceDiscovery({ watcher: { report }, clock, own }) };
}

it("raises an alert with the reason after two minutes, and clears it when the namespaces are known", async () => {
  const { clock, reported, discovery } = starting("tools");
  discovery.problem("The projects to watch cannot be listed: 503");
  await clock.advance(2 * MINUTE - 1);
  expect(reported).toEqual([]);
  await clock.advance(1);
  expect(reported[0]?.namespace).toBe("tools");
  expect(reported[0]?.findings[0]?.annotations.description).toContain("cannot be listed: 503");
  expect(discovery.isKnown).toBe(false);
  discovery.known(["shop"]);
  discovery.known(["shop"]);
  expect(discovery.isKnown).toBe(true);
  expect(reported.slice(1)).toEqual([{ namespace: "tools", findings: [] }]);
});

it("raises no alert when the namespaces are known in time, and clears one from before a restart", async () => {
  const { clock, reported, discovery } = starting("tools");
  discovery.known(["shop"]);
  await clock.advance(5 * MINUTE);
  expect(reported).toEqual([{ namespace: "tools", findings: [] }]);
});

it("reports nothing without a namespace of its own", async () => {
  const { clock, reported, discovery } = starting(undefined);
  await clock.advance(5 * MINUTE);
  discovery.known(["shop"]);
  expect(reported).toEqual([]);
});

it("raises an alert with the reason while the list of namespaces is empty, also later", async () => {
  const { clock, reported, discovery } = starting("tools");
  discovery.known([]);
  discovery.problem("No namespace to watch: this account sees no project.");
  await clock.advance(2 * MINUTE);
  expect(discovery.isKnown).toBe(true);
  expect(reported[0]?.findings[0]?.annotations).toMatchObject({
    summary: "No namespace is watched: there is none that Pod Watcher may watch",
    description: expect.stringContaining("this account sees no project"),
  });
  discovery.known(["shop"]);
  expect(reported.at(-1)).toEqual({ namespace: "tools", findings: [] });
  discovery.known([]);
  await clock.advance(2 * MINUTE);
  expect(reported.at(-1)?.findings).toHaveLength(1);
  expect(reported).toHaveLength(3);
});
