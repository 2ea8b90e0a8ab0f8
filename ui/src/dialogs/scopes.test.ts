import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/http/base/api-types.ts";
import { endOf, fieldValue } from "./length.ts";
import { describeScope, scopeChoices } from "./scopes.ts";

const row = (pod: string, owner: string | undefined, namespace = "shop"): Row => ({
  id: `${namespace}/${pod}/app`,
  scope: "container",
  namespace,
  pod,
  container: "app",
  state: "Failure",
  ...(owner === undefined ? {} : { owner }),
});

const labels = (...args: Parameters<typeof scopeChoices>) => scopeChoices(...args).map((choice) => choice.label);

describe("scopes of a silence", () => {
  it("offer the workload first, because it includes new pods", () => {
    expect(labels({ kind: "row", row: row("a-1", "Deployment/a") })).toEqual([
      "Workload Deployment/a in shop (includes new pods)",
      "This container (app in a-1)",
      "Namespace shop",
      "Everything, in all namespaces",
    ]);
  });

  it("offer the container first for a bare pod", () => {
    expect(labels({ kind: "row", row: row("a-1", undefined) })[0]).toBe("This container (app in a-1)");
  });

  it("offer no container for rows of a workload or a namespace", () => {
    const { pod: _pod, container: _container, ...rest } = row("", "Deployment/a");
    expect(labels({ kind: "row", row: { ...rest, scope: "workload" } })).toEqual([
      "Workload Deployment/a in shop (includes new pods)",
      "Namespace shop",
      "Everything, in all namespaces",
    ]);
  });

  it("list the workloads and namespaces of several rows once each", () => {
    const rows = [row("a-1", "Deployment/a"), row("a-2", "Deployment/a"), row("b-1", "Deployment/b", "pay")];
    const choices = scopeChoices({ kind: "rows", rows });
    expect(choices.map((choice) => choice.label)).toEqual([
      "Their 2 workloads (includes new pods)",
      "These 3 containers",
      "Their 2 namespaces",
    ]);
    expect(choices[0]?.scopes).toEqual([
      { kind: "workload", namespace: "shop", workload: "Deployment/a" },
      { kind: "workload", namespace: "pay", workload: "Deployment/b" },
    ]);
  });

  it("describe matchers that were created through the API", () => {
    const matchers = [{ name: "alertname", operator: "=~", value: "Pod.*" }] as const;
    expect(describeScope({ kind: "matchers", matchers })).toBe('alertname=~"Pod.*"');
  });
});

describe("the end of a silence", () => {
  it("is a duration from now, or the date field in local time", () => {
    expect(endOf({ kind: "for", milliseconds: 5 }, 100)).toBe(105);
    const at = new Date(2026, 10, 22, 13, 0).getTime();
    expect(endOf({ kind: "until", value: fieldValue(at) }, 0)).toBe(at);
    expect(endOf({ kind: "until", value: "" }, 0)).toBeUndefined();
  });
});
