import { expect, it } from "vitest";
import { namespaceDiscoveryFailed } from "./namespace-discovery.ts";

const FAILURE = { own: "tools", why: "Projects cannot be listed: 503.", since: Date.UTC(2026, 0, 1) };

it("reports in Pod Watcher's own namespace that none is watched, with the cause and an alternative", () => {
  const found = namespaceDiscoveryFailed({ ...FAILURE, isEmpty: false });
  expect(found).toMatchObject({
    labels: { alertname: "NamespaceNotWatched", namespace: "tools" },
    severity: "critical",
    since: Date.UTC(2026, 0, 1),
  });
  expect(found.annotations.description).toContain("Projects cannot be listed: 503.");
  expect(found.annotations.description).toContain("OPENSHIFT_NAMESPACE");
});

it("distinguishes an empty list from one that cannot be read", () => {
  const summary = (isEmpty: boolean) => namespaceDiscoveryFailed({ ...FAILURE, isEmpty }).annotations.summary;
  expect(summary(false)).toBe("No namespace is watched: the list of namespaces cannot be read");
  expect(summary(true)).toBe("No namespace is watched: there is none that Pod Watcher may watch");
});
