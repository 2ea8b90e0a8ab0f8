import { expect, it } from "vitest";
import { namespaceDiscoveryFailed } from "./namespace-discovery.ts";

it("reports in Pod Watcher's own namespace that none is watched, with the cause and an alternative", () => {
  const found = namespaceDiscoveryFailed("tools", "Projects cannot be listed: 503.", Date.UTC(2026, 0, 1));
  expect(found).toMatchObject({
    labels: { alertname: "NamespaceNotWatched", namespace: "tools" },
    severity: "critical",
    since: Date.UTC(2026, 0, 1),
  });
  expect(found.annotations.description).toContain("Projects cannot be listed: 503.");
  expect(found.annotations.description).toContain("OPENSHIFT_NAMESPACE");
});
