import { describe, expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import { aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { rfc3339 } from "../base/time-text.ts";
import { kubernetesState, legacyAlert, legacyContainer } from "./legacy-status.ts";

const at = (minute: number) => Date.UTC(2026, 0, 1, 0, minute);
const restart = (minute: number) => ({ at: at(minute), reason: "Error", exitCode: 1, inferred: false });
const delivery = { id: "f.1.1", sequence: 4, delivery: 2, leaseUntil: at(9) };

describe("legacyContainer", () => {
  const pod = aPod({ createdAt: at(0), startedAt: undefined });

  it("leaves the start time empty while it is unknown", () => {
    const view = { pod, container: running("app", { state: { name: "unknown" } }), restarts: [] };
    expect(legacyContainer(view, "None", rfc3339)).toMatchObject({ startTime: "", state: {}, currentRestarts: 0 });
  });

  it.each`
    newest                      | container                                                                       | restarts        | minute
    ${"the pod's creation"}     | ${running("app", { state: { name: "unknown" } })}                               | ${[]}           | ${0}
    ${"the start of the run"}   | ${running("app", { startedAt: at(3) })}                                         | ${[]}           | ${3}
    ${"the end of the run"}     | ${crashLooping("app", { lastTerminated: aTermination({ finishedAt: at(5) }) })} | ${[]}           | ${5}
    ${"a restart counted late"} | ${running("app", { startedAt: at(3) })}                                         | ${[restart(7)]} | ${7}
  `("was last updated at $newest", ({ container, restarts, minute }) => {
    expect(legacyContainer({ pod, container, restarts }, "None", rfc3339).lastUpdateTime).toBe(rfc3339(at(minute)));
  });
});

describe("legacyAlert", () => {
  it("reports an existing container's current state, not its state when the alert fired", () => {
    const view = {
      pod: aPod(),
      container: crashLooping("app", { restartCount: 9 }),
      restarts: [restart(1), restart(2)],
    };
    const legacy = legacyAlert({ ...delivery, alert: anAlert() }, view, undefined, rfc3339);
    expect(legacy).toMatchObject({ totalRestartCount: 9, currentRestarts: 2, sequence: 4, delivery: 2, id: "f.1.1" });
  });

  it("calls a warning Warning, and reports when an alert resolved", () => {
    const state = { name: "resolved", activeAt: at(1), firedAt: at(2), resolvedAt: at(8) } as const;
    const legacy = legacyAlert(
      { ...delivery, alert: anAlert({ severity: "warning", state }) },
      undefined,
      undefined,
      rfc3339,
    );
    expect(legacy).toMatchObject({
      alertStatus: "Warning",
      firedAt: rfc3339(at(2)),
      resolvedAt: rfc3339(at(8)),
      lastUpdateTime: rfc3339(at(8)),
    });
  });

  it("omits unknown fields, and never contains null", () => {
    const { reason: _, ...annotations } = anAlert().annotations;
    const legacy = legacyAlert(
      { ...delivery, alert: anAlert({ annotations, subject: {} }) },
      undefined,
      undefined,
      rfc3339,
    );
    expect(legacy).not.toHaveProperty("reason");
    expect(JSON.stringify(legacy)).not.toContain("null");
  });
});

describe("kubernetesState", () => {
  it("has no members that Kubernetes would not write", () => {
    expect(kubernetesState({ name: "running", startedAt: undefined })).toEqual({ running: {} });
    expect(kubernetesState({ name: "waiting", reason: undefined, message: undefined })).toEqual({ waiting: {} });
    expect(kubernetesState({ name: "unknown" })).toEqual({});
    expect(kubernetesState({ name: "terminated", ...aTermination({ containerID: "0123456789abcdef" }) })).toEqual({
      terminated: {
        exitCode: 1,
        reason: "Error",
        startedAt: "2025-12-31T23:59:00Z",
        finishedAt: "2025-12-31T23:59:30Z",
        containerID: "0123456789abcdef",
      },
    });
  });
});
