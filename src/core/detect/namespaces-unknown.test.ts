import { expect, it } from "vitest";
import { namespacesUnknown } from "./namespaces-unknown.ts";

it("tells in the program's own namespace that none is watched, why, and what else could be done", () => {
  const found = namespacesUnknown(
    "tools",
    "The projects to watch cannot be told: could not list projects (503).",
    Date.UTC(2026, 0, 1),
  );
  expect(found).toMatchObject({
    labels: { alertname: "NamespaceNotWatched", namespace: "tools" },
    severity: "critical",
    since: Date.UTC(2026, 0, 1),
  });
  expect(found.annotations.description).toContain("could not list projects (503)");
  expect(found.annotations.description).toContain("OPENSHIFT_NAMESPACE");
});
