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

  it("says nothing of a start that is not known yet", () => {
    const view = { pod, container: running("app", { state: { name: "unknown" } }), restarts: [] };
    expect(legacyContainer(view, "None", rfc3339)).toMatchObject({ startTime: "", state: {}, currentRestarts: 0 });
  });

  it.each`
    newest                      | container                                                                       | restarts        | minute
    ${"the pod's creation"}     | ${running("app", { state: { name: "unknown" } })}                               | ${[]}           | ${0}
    ${"the start of the run"}   | ${running("app", { startedAt: at(3) })}                                         | ${[]}           | ${3}
    ${"the end of the run"}     | ${crashLooping("app", { lastTerminated: aTermination({ finishedAt: at(5) }) })} | ${[]}           | ${5}
    ${"a restart counted late"} | ${running("app", { startedAt: at(3) })}                                         | ${[restart(7)]} | ${7}
  `("was updated last at $newest", ({ container, restarts, minute }) => {
    expect(legacyContainer({ pod, container, restarts }, "None", rfc3339).lastUpdateTime).toBe(rfc3339(at(minute)));
  });
});

describe("legacyAlert", () => {
  it("tells of a container that is there from what is seen now, not from when it fired", () => {
    const view = {
      pod: aPod(),
      container: crashLooping("app", { restartCount: 9 }),
      restarts: [restart(1), restart(2)],
    };
    const told = legacyAlert({ ...delivery, alert: anAlert() }, view, undefined, rfc3339);
    expect(told).toMatchObject({ totalRestartCount: 9, currentRestarts: 2, sequence: 4, delivery: 2, id: "f.1.1" });
  });

  it("says Warning of a warning, and when it was over of one that has resolved", () => {
    const state = { name: "resolved", activeAt: at(1), firedAt: at(2), resolvedAt: at(8) } as const;
    const told = legacyAlert(
      { ...delivery, alert: anAlert({ severity: "warning", state }) },
      undefined,
      undefined,
      rfc3339,
    );
    expect(told).toMatchObject({
      alertStatus: "Warning",
      firedAt: rfc3339(at(2)),
      resolvedAt: rfc3339(at(8)),
      lastUpdateTime: rfc3339(at(8)),
    });
  });

  it("leaves out what is not known, and never says null", () => {
    const { reason: _, ...annotations } = anAlert().annotations;
    const told = legacyAlert(
      { ...delivery, alert: anAlert({ annotations, subject: {} }) },
      undefined,
      undefined,
      rfc3339,
    );
    expect(told).not.toHaveProperty("reason");
    expect(JSON.stringify(told)).not.toContain("null");
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
