import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import type { Finding } from "../../core/model/alert.ts";
import { MINUTE } from "../../core/model/time.ts";
import { alertNamespaceDiscovery } from "./namespace-discovery-alert.ts";

function starting(own: string | undefined) {
  const clock = createFakeClock();
  const told: { namespace: string; findings: readonly Finding[] }[] = [];
  const report = (_source: string, namespace: string, findings: readonly Finding[]) =>
    void told.push({ namespace, findings });
  return { clock, told, unknown: alertNamespaceDiscovery({ watcher: { report }, clock, own }) };
}

it("tells after two minutes that it is not known what to watch, why, and that it is known now", async () => {
  const { clock, told, unknown } = starting("tools");
  unknown.problem("The projects to watch cannot be told: 503");
  await clock.advance(2 * MINUTE - 1);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told[0]?.namespace).toBe("tools");
  expect(told[0]?.findings[0]?.annotations.description).toContain("cannot be told: 503");
  expect(unknown.isKnown).toBe(false);
  unknown.known();
  unknown.known();
  expect(unknown.isKnown).toBe(true);
  expect(told.slice(1)).toEqual([{ namespace: "tools", findings: [] }]);
});

it("tells of nothing when it is known in time, and takes back what was told before a restart", async () => {
  const { clock, told, unknown } = starting("tools");
  unknown.known();
  await clock.advance(5 * MINUTE);
  expect(told).toEqual([{ namespace: "tools", findings: [] }]);
});

it("has no namespace to tell it in when it has none of its own", async () => {
  const { clock, told, unknown } = starting(undefined);
  await clock.advance(5 * MINUTE);
  unknown.known();
  expect(told).toEqual([]);
});
