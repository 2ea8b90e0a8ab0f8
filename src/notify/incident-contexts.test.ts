import { expect, it } from "vitest";
import { makeAlert } from "../../test/support/batches.ts";
import { createFakeLiveState } from "../../test/support/fake-live-state.ts";
import { aPod } from "../../test/support/pods.ts";
import { MINUTE } from "../core/model/time.ts";
import { createIncidentContexts } from "./incident-contexts.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const workload = { kind: "Deployment", name: "checkout" };
const pod = (name: string, revision: string, createdAt: number) =>
  aPod({ name, workload, createdAt, owner: { kind: "ReplicaSet", name: `checkout-${revision}` } });

function contextsOf(...alerts: readonly ReturnType<typeof makeAlert>[]) {
  const state = createFakeLiveState();
  const pods = [pod("checkout-1", "new", NOON - 5 * MINUTE), pod("checkout-2", "old", 0)];
  for (const alert of alerts) state.commit(alert);
  const contexts = createIncidentContexts({
    state: { alerts: () => state.alerts(), podsOf: () => pods },
    join: () => 30 * MINUTE,
  });
  return contexts(alerts);
}

it("is one for each incident with a firing alert", () => {
  const contexts = contextsOf(
    makeAlert({ firedAt: NOON }),
    makeAlert({ pod: "x", workload: "Deployment/other", firedAt: 0, resolvedAt: 1 }),
  );
  expect(contexts).toEqual({
    "shop/Deployment/checkout": {
      since: NOON,
      pods: 2,
      rollout: expect.objectContaining({ revision: "new", previousRevision: "old", effect: "only-new-fails" }),
    },
  });
});

it("starts with an earlier episode within the join time, such as that of a pod that was replaced", () => {
  const before = makeAlert({ pod: "gone", firedAt: NOON - 40 * MINUTE, resolvedAt: NOON - 20 * MINUTE });
  const long = makeAlert({ pod: "older", firedAt: 0, resolvedAt: 1 });
  const contexts = contextsOf(before, long, makeAlert({ firedAt: NOON }));
  expect(contexts["shop/Deployment/checkout"]?.since).toBe(NOON - 40 * MINUTE);
});

it("is none without a firing alert", () => {
  expect(contextsOf(makeAlert({ firedAt: 0, resolvedAt: 1 }))).toEqual({});
});
