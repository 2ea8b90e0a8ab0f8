import { describe, expect, it } from "vitest";
import { defaultPolicy } from "../model/policy.ts";
import { MINUTE, SECOND } from "../model/time.ts";
import { type CutOff, clusterContact, clusterOutage } from "./cluster-health.ts";
import type { ClusterCause, NamespaceFacts } from "./namespace-health.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const refused = {
  since: NOON,
  message: "Cannot watch the pods of namespace shop: cannot connect to the API server api:6443: connection refused",
  remedy: undefined,
  missing: [],
  clusterCause: "Unreachable" as ClusterCause,
};
const stale: NamespaceFacts = {
  namespace: "shop",
  state: "stale",
  staleSince: NOON,
  lastSyncedAt: NOON - MINUTE,
  problem: refused,
};
const contactOf = (changes: Partial<NamespaceFacts>) => clusterContact({ ...stale, ...changes }, defaultPolicy);
const cutOff = (changes: Partial<NamespaceFacts> = {}) => contactOf(changes) as CutOff;

describe("whether a namespace is cut off from the cluster", () => {
  const { clusterCause: _, ...ofOneNamespace } = refused;

  it.each<[string, Partial<NamespaceFacts>, string]>([
    ["is read", { staleSince: undefined, problem: undefined }, "answered"],
    ["may not be read, as the API server answered", { state: "forbidden", problem: ofOneNamespace }, "answered"],
    ["does not exist, as the API server answered", { state: "missing", problem: ofOneNamespace }, "answered"],
    ["is being listed", { state: "syncing", lastSyncedAt: undefined, problem: undefined }, "unknown"],
    ["has an expired position", { problem: ofOneNamespace }, "unknown"],
    ["cannot be read because the API server is away", {}, "cutOff"],
  ])("a namespace that %s", (_, changes, name) => {
    expect(contactOf(changes).name).toBe(name);
  });

  it("is due when the alert of the namespace would fire", () => {
    expect(cutOff().dueAt).toBe(NOON + 2 * MINUTE);
    expect(cutOff({ state: "syncing", lastSyncedAt: undefined }).dueAt).toBe(NOON + 2 * MINUTE);
    expect(cutOff({ state: "unauthenticated" }).dueAt).toBe(NOON + 30 * SECOND);
    expect(cutOff({ state: "unauthenticated", lastSyncedAt: undefined }).dueAt).toBe(NOON);
  });
});

describe("an outage of the cluster", () => {
  it("is one finding that begins with the first namespace, and is due with the first alert", () => {
    const { dueAt, finding } = clusterOutage(
      "shop",
      new Map([
        ["bank", cutOff({ staleSince: NOON - 10 * SECOND })],
        ["shop", cutOff()],
      ]),
    );
    expect(dueAt).toBe(NOON - 10 * SECOND + 2 * MINUTE);
    expect(finding).toMatchObject({
      labels: { alertname: "ClusterUnreachable", namespace: "shop" },
      severity: "critical",
      since: NOON - 10 * SECOND,
      annotations: {
        summary: "The API server cannot be reached, so no namespace is watched",
        description:
          "Since 2026-11-22 11:59:50 UTC, Pod Watcher does not receive changes from any of the 2 watched namespaces. Pods may have failed or recovered without being noticed. Cannot connect to the API server api:6443: connection refused.",
        cause: "Unreachable",
      },
    });
  });

  it.each<[ClusterCause, string]>([
    ["Unauthorized", "The API server rejects the credentials (401), so no namespace is watched"],
    ["CertificateNotAccepted", "The certificate of the API server is not accepted, so no namespace is watched"],
    ["ServerError", "The API server does not answer as it should, so no namespace is watched"],
  ])("names its cause: %s", (clusterCause, summary) => {
    const problem = { ...refused, message: "It failed!", remedy: "Renew the token.", clusterCause };
    const { annotations } = clusterOutage("shop", new Map([["shop", cutOff({ problem })]])).finding;
    expect(annotations).toMatchObject({ summary, cause: clusterCause });
    expect(annotations.description).toMatch(/from the watched namespace\. .* It failed! Remedy:\nRenew the token\.$/);
  });

  it("has the most frequent cause where namespaces disagree, and the message that belongs to it", () => {
    const odd = cutOff({ problem: { ...refused, message: "answered 503.", clusterCause: "ServerError" } });
    const { annotations } = clusterOutage(
      "a",
      new Map([
        ["a", odd],
        ["b", cutOff()],
        ["c", cutOff()],
      ]),
    ).finding;
    expect(annotations.cause).toBe("Unreachable");
    expect(annotations.description).toContain("connection refused");
  });
});
