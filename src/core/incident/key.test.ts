import { expect, it } from "vitest";
import { incidentId, incidentKey, keyOfId, subjectOfKey } from "./key.ts";

const shop = { alertname: "PodCrashLooping", namespace: "shop" } as const;

it.each`
  labels                                                          | key                      | kind
  ${{ ...shop, workload: "Deployment/web", pod: "web-1" }}        | ${"shop/Deployment/web"} | ${"workload"}
  ${{ ...shop, workload: "CronJob/report", pod: "report-294-x" }} | ${"shop/CronJob/report"} | ${"workload"}
  ${{ ...shop, workload: "Pod/debug", pod: "debug" }}             | ${"shop/Pod/debug"}      | ${"pod"}
  ${{ ...shop, pod: "debug" }}                                    | ${"shop/Pod/debug"}      | ${"pod"}
  ${shop}                                                         | ${"shop/Namespace/shop"} | ${"namespace"}
  ${{ alertname: "NamespaceNotWatched", namespace: "shop" }}      | ${"shop/Namespace/shop"} | ${"namespace"}
  ${{ alertname: "WatchStale", namespace: "shop" }}               | ${"shop/Namespace/shop"} | ${"namespace"}
  ${{ alertname: "ClusterUnreachable", namespace: "shop" }}       | ${"shop/Cluster/shop"}   | ${"cluster"}
`("an alert with $labels belongs to $key, a $kind", ({ labels, key, kind }) => {
  expect(incidentKey(labels)).toBe(key);
  expect(subjectOfKey(key)).toMatchObject({ kind, namespace: "shop" });
});

it("names the workload except for namespaces", () => {
  expect(subjectOfKey("shop/Deployment/web").workload).toBe("Deployment/web");
  expect(subjectOfKey("shop/Namespace/shop").workload).toBeUndefined();
});

it("has the key and the second of its opening in an id", () => {
  const id = incidentId("shop/Deployment/web", 1_764_547_200_999);
  expect(id).toBe("shop/Deployment/web@1764547200");
  expect([keyOfId(id), keyOfId("shop/Deployment/web")]).toEqual(["shop/Deployment/web", "shop/Deployment/web"]);
});
