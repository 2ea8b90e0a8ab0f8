import { describe, expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import { ALERTNAMES, type Alert, type Alertname } from "../model/alert.ts";
import type { ContainerState, Termination } from "../model/pod.ts";
import { causesOf } from "./causes.ts";
import { backOffOf, lastEndOf, podPhrase, quotedIn, whyOf } from "./why.ts";

const END: Termination = {
  exitCode: 1,
  signal: undefined,
  reason: "Error",
  message: undefined,
  startedAt: 0,
  finishedAt: 60_000,
  containerID: undefined,
};

interface Given {
  readonly end?: Partial<Termination> | undefined;
  readonly state?: ContainerState;
  readonly summary?: string;
  readonly lastLine?: string;
  readonly failing?: number;
  readonly total?: number;
}

function alertOf(alertname: Alertname, { end, state, summary = "Something failed" }: Given): Alert {
  const lastTerminated = end === undefined ? {} : { lastTerminated: { ...END, ...end } };
  const container = {
    name: "app",
    type: "main",
    image: "app:1",
    restartCount: 3,
    restarts: [],
    state: state ?? { name: "running", startedAt: 0 },
    ...lastTerminated,
  } as const;
  const base = anAlert({ labels: { alertname } });
  return { ...base, annotations: { ...base.annotations, summary }, subject: { ...base.subject, container } };
}

function why(alertname: Alertname, given: Given = {}) {
  const { lastLine, failing = 1, total = 1 } = given;
  return whyOf(causesOf([alertOf(alertname, given)])[0]!, { lastLine, failing, total });
}

const waiting = (message: string) => ({ name: "waiting", reason: "x", message }) as const;

it.each<[Alertname, Given, string]>([
  ["PodCrashLooping", { end: {} }, "Keeps crashing: exit 1 (application error)."],
  [
    "PodCrashLooping",
    { end: { exitCode: 0, reason: undefined, finishedAt: undefined } },
    "Keeps crashing: no exit code was reported.",
  ],
  ["PodCrashLooping", { end: { exitCode: 137, reason: "OOMKilled" } }, "Keeps crashing: out of memory (exit 137)."],
  [
    "PodCrashLooping",
    { end: { exitCode: 78, finishedAt: 4_000 } },
    "Crashes right after it starts: exit 78 (an exit code of the application).",
  ],
  [
    "PodCrashLooping",
    { end: { finishedAt: 4_000 }, lastLine: "FATAL cannot reach database orders-db:5432", failing: 2, total: 2 },
    "Crashes right after it starts: it cannot reach a dependency. Exit 1, both pods.",
  ],
  [
    "PodCrashLooping",
    { end: { message: "no such host" } },
    "Keeps crashing: it cannot resolve the name of a dependency. Exit 1.",
  ],
  ["PodCrashLooping", {}, "Keeps crashing."],
  ["PodCrashLooping", { end: { startedAt: undefined } }, "Keeps crashing: exit 1 (application error)."],
  [
    "PodRestartingTooOften",
    { end: { exitCode: 2 }, failing: 3, total: 3 },
    "Restarts too often: exit 2 (application error, or wrong usage of a shell command). All 3 pods.",
  ],
  ["PodRestartingTooOften", {}, "Restarts too often."],
  ["ContainerOOMKilled", { failing: 1, total: 3 }, "Runs out of memory and is killed. 1 of 3 pods."],
  [
    "PodImagePullFailing",
    { state: waiting("rpc error: manifest unknown: not found") },
    "The image cannot be pulled: the image or tag does not exist.",
  ],
  ["PodImagePullFailing", {}, "The image cannot be pulled."],
  [
    "ContainerCannotStart",
    { state: waiting('secret "db" not found') },
    "Cannot start: a ConfigMap or Secret does not exist.",
  ],
  ["ContainerCannotStart", {}, "Cannot start: CrashLoopBackOff."],
  [
    "PodFailed",
    { summary: "Job/import failed: DeadlineExceeded, since 2026-11-22 10:00 UTC" },
    "Failed: DeadlineExceeded.",
  ],
  ["PodFailed", {}, "Failed: CrashLoopBackOff."],
  [
    "PodUnschedulable",
    { summary: "web-1 cannot be scheduled: 0/6 nodes are available" },
    "Cannot be scheduled: 0/6 nodes are available.",
  ],
  [
    "WorkloadChurning",
    { summary: "web keeps replacing its pods: 5 pods within 30 min" },
    "Its pods are replaced repeatedly: 5 pods within 30 min.",
  ],
  ["PodNotReady", {}, "Runs, but is not ready."],
])("%s of %o is: %s", (alertname, given, expected) => expect(why(alertname, given).why).toBe(expected));

describe("the sentence", () => {
  it.each(ALERTNAMES)("of %s fits, whatever the texts", (alertname) => {
    const long = "x y".repeat(200);
    const given = {
      summary: `web: ${long}`,
      end: { message: long, exitCode: 1 },
      state: waiting(long),
      lastLine: long,
      failing: 3_750,
      total: 4_000,
    };
    const { why: sentence, short } = why(alertname, given);
    expect(sentence.length).toBeLessThanOrEqual(120);
    expect(short.length).toBeLessThanOrEqual(48);
    expect(sentence).toMatch(/[.…]$/);
  });

  it("drops the number of pods first, then the exit code", () => {
    const detail = (length: number) => ({ summary: `web: ${"y".repeat(length)}`, failing: 2, total: 2 });
    expect(why("PodUnschedulable", detail(86)).why).toMatch(/y\. Both pods\.$/);
    expect(why("PodUnschedulable", detail(90)).why).toMatch(/y\.$/);
  });
});

it("takes the run that has ended, or the previous one", () => {
  const state = { name: "terminated", ...END, exitCode: 7 } as const;
  expect(lastEndOf(alertOf("PodFailed", { state, end: {} }))?.exitCode).toBe(7);
  expect(lastEndOf(alertOf("PodFailed", { end: { exitCode: 8 } }))?.exitCode).toBe(8);
  expect(lastEndOf(anAlert())).toBeUndefined();
});

it.each`
  failing | total | kind            | phrase
  ${1}    | ${1}  | ${"Deployment"} | ${undefined}
  ${0}    | ${2}  | ${"Deployment"} | ${undefined}
  ${2}    | ${2}  | ${"Deployment"} | ${"both pods"}
  ${3}    | ${3}  | ${"DaemonSet"}  | ${"all 3 pods"}
  ${1}    | ${12} | ${"Deployment"} | ${"1 of 12 pods"}
  ${2}    | ${2}  | ${"Job"}        | ${undefined}
  ${2}    | ${2}  | ${"Pod"}        | ${undefined}
`("$failing of $total pods of a $kind are $phrase", ({ failing, total, kind, phrase }) => {
  expect(podPhrase(failing, total, { kind, name: "web" })).toBe(phrase);
});

it.each`
  description                                                      | quoted
  ${"It failed. Kubernetes reports: “no quota”. Raise the quota."} | ${{ message: "no quota", remedy: "Raise the quota." }}
  ${"Kubernetes reports: “no quota”."}                             | ${{ message: "no quota" }}
  ${"It failed."}                                                  | ${{}}
`("in “$description” is quoted: $quoted", ({ description, quoted }) => {
  expect(quotedIn(description)).toEqual(quoted);
});

it("is short enough for a narrow list: the detail alone, where both do not fit", () => {
  expect(why("PodCrashLooping", { end: { message: "no such host" } }).short).toBe(
    "It cannot resolve the name of a dependency",
  );
  expect(why("PodUnschedulable", { summary: "web-1 cannot be scheduled: “0/3 nodes fit”" }).short).toBe(
    "Cannot be scheduled: 0/3 nodes fit",
  );
});

it("says nothing about the pods of no workload", () => expect(podPhrase(1, 2, undefined)).toBeUndefined());

it.each`
  message                                                   | milliseconds
  ${"back-off 2m40s restarting failed container=app pod=x"} | ${160_000}
  ${"back-off 10s restarting failed container=app"}         | ${10_000}
  ${"back-off 5m0s restarting failed container=app"}        | ${300_000}
  ${"Back-off pulling image app:1"}                         | ${undefined}
  ${"crashed"}                                              | ${undefined}
`("reads the delay of “$message”", ({ message, milliseconds }) => expect(backOffOf(message)).toBe(milliseconds));
