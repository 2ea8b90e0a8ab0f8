import { describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "../model/time.ts";
import { type ControllerEvent, inspectControllers } from "./cannot-create-pods.ts";

const NOW = Date.UTC(2026, 0, 1, 12);

function event(changes: Partial<ControllerEvent> = {}): ControllerEvent {
  return {
    namespace: "shop",
    kind: "ReplicaSet",
    name: "checkout-65f56cb97f",
    reason: "FailedCreate",
    message: 'Error creating: pods "checkout-65f56cb97f-" is forbidden: exceeded quota: compute, requested: pods=1',
    at: NOW - MINUTE,
    firstAt: NOW - HOUR,
    count: 9,
    ...changes,
  };
}

describe("inspectControllers", () => {
  it("reports the workload, the start time and the cause", () => {
    const { findings, reevaluateAt } = inspectControllers([event()], NOW);
    expect(findings).toMatchObject([
      {
        labels: { alertname: "WorkloadCannotCreatePods", namespace: "shop", workload: "Deployment/checkout" },
        severity: "critical",
        annotations: {
          summary: "Deployment/checkout cannot create pods: the quota of the namespace is exceeded",
          reason: "FailedCreate",
          cause: "QuotaExceeded",
        },
        since: NOW - HOUR,
      },
    ]);
    expect(findings[0]!.annotations.description).toContain(
      "ReplicaSet checkout-65f56cb97f has been failing to create pods since 2026-01-01 11:00:00",
    );
    expect(reevaluateAt).toBe(NOW + 19 * MINUTE);
  });

  it("clears after a later success, including one of another ReplicaSet of the same Deployment", () => {
    const success = { reason: "SuccessfulCreate", message: "Created pod", at: NOW };
    expect(inspectControllers([event(success), event()], NOW).findings).toEqual([]);
    expect(inspectControllers([event(), event({ ...success, name: "checkout-7b9df6b4c8" })], NOW).findings).toEqual([]);
    expect(inspectControllers([event({ at: NOW }), event({ ...success, at: NOW - 1 })], NOW).findings).toHaveLength(1);
  });

  it("counts from the first of several consecutive failures", () => {
    const events = [event({ firstAt: NOW - 3 * MINUTE, at: NOW - 2 * MINUTE }), event({ firstAt: NOW - HOUR / 2 })];
    expect(inspectControllers(events, NOW).findings).toMatchObject([{ since: NOW - HOUR / 2 }]);
  });

  it("clears after 20 minutes without an event, because controllers retry within 17 minutes", () => {
    expect(inspectControllers([event({ at: NOW - 20 * MINUTE })], NOW)).toEqual({
      findings: [],
      reevaluateAt: undefined,
    });
    expect(inspectControllers([event({ at: NOW - 20 * MINUTE + 1 })], NOW).findings).toHaveLength(1);
  });

  it("ignores other events", () => {
    expect(inspectControllers([event({ reason: "FailedDelete" })], NOW).findings).toEqual([]);
  });

  it.each`
    kind                       | name                     | workload
    ${"ReplicaSet"}            | ${"checkout-65f56cb97f"} | ${"Deployment/checkout"}
    ${"ReplicaSet"}            | ${"by-hand"}             | ${"ReplicaSet/by-hand"}
    ${"ReplicationController"} | ${"shop-12"}             | ${"DeploymentConfig/shop"}
    ${"ReplicationController"} | ${"shop"}                | ${"ReplicationController/shop"}
    ${"Job"}                   | ${"nightly-29922460"}    | ${"CronJob/nightly"}
    ${"Job"}                   | ${"import"}              | ${"Job/import"}
    ${"StatefulSet"}           | ${"db"}                  | ${"StatefulSet/db"}
  `("maps $kind $name to $workload", ({ kind, name, workload }) => {
    expect(inspectControllers([event({ kind, name })], NOW).findings[0]!.labels.workload).toBe(workload);
  });

  it.each`
    cause                          | message
    ${"QuotaExceeded"}             | ${'Error creating: pods "a-" is forbidden: exceeded quota: compute-resources, requested: limits.cpu=1, used: limits.cpu=2, limited: limits.cpu=2'}
    ${"LimitRange"}                | ${'Error creating: pods "a-" is forbidden: failed quota: q: must specify limits.cpu for: app'}
    ${"LimitRange"}                | ${'Error creating: pods "a-" is forbidden: maximum cpu usage per Container is 2, but limit is 4'}
    ${"SecurityContextConstraint"} | ${'Error creating: pods "a-" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount]'}
    ${"PodSecurity"}               | ${'Error creating: pods "a-" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'}
    ${"WebhookFailed"}             | ${'Error creating: Internal error occurred: failed calling webhook "sidecar-injector.istio.io": Post "https://istiod.istio-system.svc:443/inject": dial tcp: connection refused'}
    ${"WebhookDenied"}             | ${'Error creating: admission webhook "policy.example.com" denied the request: image must be signed'}
    ${"ServiceAccountMissing"}     | ${'Error creating: pods "a-" is forbidden: error looking up service account shop/app: serviceaccount "app" not found'}
    ${"Invalid"}                   | ${'Error creating: Pod "a-x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "data"'}
    ${"FailedCreate"}              | ${"Error creating: an unknown error"}
  `("derives $cause from the message", ({ cause, message }) => {
    expect(inspectControllers([event({ message })], NOW).findings[0]!.annotations.cause).toBe(cause);
  });
});
