import { describe, expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import type { AlertLabels } from "../model/alert.ts";
import { causesOf, hasSameCause, podsOf } from "./causes.ts";

const at = (firedAt: number) =>
  ({ state: { name: "firing", activeAt: firedAt, firedAt, lastSeenAt: firedAt } }) as const;
const of = (alertname: AlertLabels["alertname"], labels: Partial<AlertLabels> = {}, firedAt = 1) => {
  const severity = alertname === "PodCrashLooping" ? "critical" : "warning";
  return anAlert({ labels: { alertname, ...labels }, severity, ...at(firedAt) });
};
const ofPod = (alertname: AlertLabels["alertname"], pod: string) => {
  const { container: _, ...labels } = anAlert({ labels: { alertname, pod } }).labels;
  return { ...of(alertname), labels };
};
const names = (causes: ReturnType<typeof causesOf>) =>
  causes.map(({ alertname, container, alerts, consequences }) =>
    [alertname, container ?? "-", alerts.length, ...consequences].join(" "),
  );

describe("the causes of an incident", () => {
  it("are the same alert of the same container, whatever the pod", () => {
    const alerts = [
      of("PodCrashLooping", { pod: "a" }),
      of("PodCrashLooping", { pod: "b" }),
      of("PodCrashLooping", { container: "proxy" }),
    ];
    expect(names(causesOf(alerts))).toEqual(["PodCrashLooping app 2", "PodCrashLooping proxy 1"]);
  });

  it("do not include what follows from another alert of the container", () => {
    const alerts = [
      of("PodRestartingTooOften"),
      of("PodCrashLooping"),
      ofPod("PodNotReady", "checkout-0"),
      ofPod("PodNotReady", "checkout-1"),
      of("PodRestartingTooOften", { container: "proxy" }),
    ];
    expect(names(causesOf(alerts))).toEqual([
      "PodCrashLooping app 1 PodNotReady PodRestartingTooOften",
      "PodNotReady - 1",
      "PodRestartingTooOften proxy 1",
    ]);
  });

  it("come by severity, number of pods and time", () => {
    const alerts = [
      of("PodFailed", { pod: "a" }, 5),
      of("PodUnschedulable", { pod: "a" }, 9),
      of("PodStuckTerminating", { pod: "a" }),
      of("PodStuckTerminating", { pod: "b" }),
      of("PodCrashLooping", { pod: "a" }),
    ];
    expect(names(causesOf(alerts)).map((name) => name.split(" ")[0])).toEqual([
      "PodCrashLooping",
      "PodStuckTerminating",
      "PodUnschedulable",
      "PodFailed",
    ]);
  });

  it("have the newest alert first", () => {
    const [cause] = causesOf([of("PodFailed", { pod: "old" }, 1), of("PodFailed", { pod: "new" }, 2)]);
    expect(podsOf(cause!.alerts)).toEqual(["new", "old"]);
  });
});

it("names the pod of an alert about a workload, where it is known", () => {
  const { pod: _, ...labels } = anAlert().labels;
  expect(
    podsOf([
      { ...anAlert(), labels, subject: { pod: "import-x" } },
      { ...anAlert(), labels, subject: {} },
    ]),
  ).toEqual(["import-x"]);
});

it.each`
  alert                                                  | covered                        | same
  ${of("PodCrashLooping", { pod: "b" })}                 | ${of("PodCrashLooping")}       | ${true}
  ${of("PodCrashLooping", { container: "proxy" })}       | ${of("PodCrashLooping")}       | ${false}
  ${of("PodRestartingTooOften")}                         | ${of("PodCrashLooping")}       | ${true}
  ${of("PodRestartingTooOften", { container: "proxy" })} | ${of("PodCrashLooping")}       | ${false}
  ${ofPod("PodNotReady", "b")}                           | ${of("PodCrashLooping")}       | ${true}
  ${of("PodImagePullFailing")}                           | ${of("PodCrashLooping")}       | ${false}
  ${of("PodCrashLooping")}                               | ${of("PodRestartingTooOften")} | ${false}
`(
  "an acknowledgement of $covered.labels.alertname covers $alert.labels.alertname of $alert.labels.container: $same",
  ({ alert, covered, same }) => {
    expect(hasSameCause(alert, covered)).toBe(same);
  },
);
