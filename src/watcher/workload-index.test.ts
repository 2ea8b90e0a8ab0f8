import { describe, expect, it } from "vitest";
import { aPod } from "../../test/support/pods.ts";
import { createWorkloadIndex } from "./workload-index.ts";

const checkout = { kind: "Deployment", name: "checkout" };
const search = { kind: "Deployment", name: "search" };

describe("the pods of a workload", () => {
  const a = aPod({ uid: "a", name: "checkout-a", workload: checkout });
  const b = aPod({ uid: "b", name: "checkout-b", workload: checkout });
  const c = aPod({ uid: "c", name: "checkout-c", workload: checkout });
  type Pods = ReturnType<typeof createWorkloadIndex>;
  const uids = (pods: Pods, workload: typeof checkout) => pods.of("shop", workload).map(({ uid }) => uid);

  function filled() {
    const pods = createWorkloadIndex();
    for (const pod of [a, b, c]) pods.put(pod, undefined);
    pods.put(aPod({ uid: "s", name: "search-a", workload: search }), undefined);
    pods.put(aPod({ uid: "x", name: "checkout-a", namespace: "blog", workload: checkout }), undefined);
    return pods;
  }

  it("are those of its namespace, kind and name", () => {
    expect(filled().of("shop", checkout)).toEqual([a, b, c]);
    expect(uids(filled(), { kind: "StatefulSet", name: "checkout" })).toEqual([]);
  });

  it("are known as they were seen last", () => {
    const pods = filled();
    const later = { ...b, phase: "Failed" as const };
    pods.put(later, b);
    expect(pods.of("shop", checkout)).toEqual([a, later, c]);
  });

  it("are fewer when one is gone, whatever its last state was", () => {
    const pods = filled();
    pods.remove({ ...b, phase: "Failed" });
    pods.remove(b);
    expect(uids(pods, checkout)).toEqual(["a", "c"]);
    pods.remove(a);
    pods.remove(c);
    expect(uids(pods, checkout)).toEqual([]);
  });

  it("follow a pod that another controller adopts", () => {
    const pods = filled();
    pods.put({ ...b, workload: search }, b);
    expect(uids(pods, checkout)).toEqual(["a", "c"]);
    expect(uids(pods, search)).toEqual(["s", "b"]);
  });

  it("are none for a pod without a controller", () => {
    const pods = filled();
    const alone = aPod({ uid: "alone", name: "alone", workload: { kind: "Pod", name: "alone" } });
    pods.put(alone, undefined);
    expect(uids(pods, alone.workload)).toEqual([]);
    pods.put({ ...alone, workload: search }, alone);
    expect(uids(pods, search)).toEqual(["s", "alone"]);
  });
});
