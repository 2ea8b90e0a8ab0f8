import { describe, expect, it } from "vitest";
import { type ControllerEvent, inspectControllers } from "./cannot-create-pods.ts";
import { sccRefusal } from "./scc-refusal.ts";

const START =
  'Error creating: pods "web-65f56cb97f-" is forbidden: unable to validate against any security context constraint: ';
const RANGE = "must be in the ranges: [1000750000, 1000759999]";
const notUsable = (scc: string) => `provider "${scc}": Forbidden: not usable by user or serviceaccount`;

/** As OpenShift writes it, with some of its default SCCs. */
const REFUSAL = `${START}[${[
  notUsable("anyuid"),
  "provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{10001}: 10001 is not an allowed group",
  `provider restricted-v2: .containers[0].runAsUser: Invalid value: 10000: ${RANGE}`,
  ...["restricted", "nonroot-v2", "nonroot", "hostmount-anyuid", "hostnetwork-v2", "privileged"].map(notUsable),
].join(", ")}]`;

function alertFor(message: string) {
  const now = Date.UTC(2026, 0, 1);
  const event: ControllerEvent = {
    ...{ namespace: "shop", kind: "ReplicaSet", name: "web-65f56cb97f", reason: "FailedCreate", message },
    ...{ at: now, firstAt: now, count: 1 },
  };
  return inspectControllers([event], now).findings[0]!.annotations;
}

describe("a pod that no SCC allows", () => {
  it("has the first reason in the summary, all of them in the description, and no SCC that the account may not use", () => {
    const { summary, description, cause } = alertFor(REFUSAL);
    expect(summary).toBe("Deployment/web cannot create pods: SCC restricted-v2 refuses fsGroup 10001");
    expect(description).toContain(
      `“restricted-v2: .spec.securityContext.fsGroup: 10001 is not an allowed group; restricted-v2: .containers[0].runAsUser: 10000: ${RANGE}”`,
    );
    expect(description).toContain(
      "Remove runAsUser and fsGroup from the pod template, so that the range of the project applies. Or ask a cluster administrator to grant an SCC that allows it: oc adm policy add-scc-to-user SCC -z ACCOUNT -n shop.",
    );
    expect(description).not.toContain("not usable");
    expect(cause).toBe("SecurityContextConstraint");
  });

  it("has its reason after twenty SCCs of operators", () => {
    const operators = Array.from({ length: 20 }, (_, number) => notUsable(`operator-${number}-scc`));
    const { summary, description } = alertFor(
      `${START}[${[...operators, `provider restricted-v2: .containers[0].runAsUser: Invalid value: 1001: ${RANGE}`].join(", ")}]`,
    );
    const reason = `restricted-v2: .containers[0].runAsUser: 1001: ${RANGE}`;
    expect(summary).toBe("Deployment/web cannot create pods: SCC restricted-v2 refuses runAsUser 1001");
    expect(description).toContain(`“${reason}”`);
    expect(description).toContain("Remove runAsUser from the pod template");
  });
});

const reasons = (list: string) => sccRefusal(START + list, "shop")?.reasons;

describe("the reasons", () => {
  it("are also found where only one SCC is tried, without brackets", () => {
    expect(reasons(`provider restricted-v3: .containers[0].runAsUser: Invalid value: 1000: ${RANGE}`)).toEqual([
      `restricted-v3: .containers[0].runAsUser: 1000: ${RANGE}`,
    ]);
  });

  it("are also found without the SCC, separated by spaces, as older versions write them", () => {
    const refused = (path: string) => `spec.${path}[0].securityContext.runAsUser: Invalid value: 1000: ${RANGE}`;
    expect(
      reasons(
        `[provider restricted: .spec.securityContext.fsGroup: Invalid value: []int64{0}: 0 is not an allowed group ${refused("initContainers")} ${refused("containers")}]`,
      ),
    ).toEqual([
      "restricted: .spec.securityContext.fsGroup: 0 is not an allowed group",
      `spec.initContainers[0].securityContext.runAsUser: 1000: ${RANGE}`,
      `spec.containers[0].securityContext.runAsUser: 1000: ${RANGE}`,
    ]);
  });

  it("have the seccomp annotations, which another SCC has set, last", () => {
    expect(
      reasons(
        `[pod.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: Forbidden: seccomp may not be set, provider restricted-v2: .containers[0].runAsUser: Invalid value: 1: ${RANGE}]`,
      )?.map((reason) => reason.split(":")[0]),
    ).toEqual(["restricted-v2", "pod.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]"]);
  });

  it.each`
    entry                                                                                                              | summary
    ${'spec.volumes[4]: Invalid value: "hostPath": hostPath volumes are not allowed to be used'}                       | ${'no SCC allows volumes[4] "hostPath"'}
    ${"provider restricted-v2: .containers[0].privileged: Invalid value: true: Privileged containers are not allowed"} | ${"SCC restricted-v2 refuses privileged"}
    ${"provider"}                                                                                                      | ${"provider"}
  `("are in the summary in a few words: $summary", ({ entry, summary }) => {
    expect(sccRefusal(`${START}[${entry}]`, "shop")?.short).toBe(summary);
  });

  it("are in the summary also for a workload with a long name", () => {
    const now = Date.UTC(2026, 0, 1);
    const name = `${"web-".repeat(12)}65f56cb97f`;
    const long = { namespace: "shop", kind: "ReplicaSet", name, reason: "FailedCreate", message: REFUSAL };
    const [found] = inspectControllers([{ ...long, at: now, firstAt: now, count: 1 }], now).findings;
    expect(found?.annotations.summary).toBe("Cannot create pods: SCC restricted-v2 refuses fsGroup 10001");
  });

  it("are short enough for a summary", () => {
    expect(reasons(`[provider restricted-v2: .containers[0].x: ${"y".repeat(900)}]`)![0]!.length).toBe(201);
  });
});

it("has a remedy for settings without a range, and for an account that may use no SCC", () => {
  const remedy = (list: string) => sccRefusal(START + list, "shop")?.remedy;
  expect(remedy('[spec.volumes[4]: Invalid value: "hostPath": hostPath volumes are not allowed to be used]')).toMatch(
    /^Remove the refused settings from the pod template\. Or ask/,
  );
  const { summary, description } = alertFor(`${START}[${notUsable("anyuid")}, ${notUsable("restricted-v2")}]`);
  expect(summary).toBe("Cannot create pods: its service account may use no security context constraint (SCC)");
  expect(description).toContain(
    "Ask a cluster administrator to grant one: oc adm policy add-scc-to-user SCC -z ACCOUNT -n shop.",
  );
});

it("is not found in other messages", () => {
  expect(sccRefusal("exceeded quota: compute", "shop")).toBeUndefined();
});
