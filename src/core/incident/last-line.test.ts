import { expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import { aTermination, waiting } from "../../../test/support/pods.ts";
import type { Alert, ContainerFacts, KeyEvidence } from "../model/alert.ts";
import { lastLineOf } from "./last-line.ts";

const where = { pod: "checkout-0", container: "app" };
const evidence: KeyEvidence = { podUid: "u", events: [], finalizers: [], log: ["loading", "FATAL no database"] };

function alertOf(container: Partial<ContainerFacts>, changes: Partial<Alert> = {}): Alert {
  const facts = { name: "app", type: "main", image: "app:1", restartCount: 1, restarts: [] } as const;
  const state = { name: "running", startedAt: 0 } as const;
  return anAlert({ subject: { container: { ...facts, state, ...container } }, ...changes });
}

it("is the termination message, with its time, before the log", () => {
  const lastTerminated = aTermination({ message: "panic: no config", finishedAt: 7 });
  expect(lastLineOf(alertOf({ lastTerminated }, { evidence }))).toEqual({
    text: "panic: no config",
    from: "termination-message",
    ...where,
    at: 7,
  });
});

it("is the line of the log that says why", () => {
  const lastTerminated = aTermination({ message: undefined, finishedAt: undefined });
  expect(lastLineOf(alertOf({ lastTerminated }, { evidence }))).toEqual({
    text: "FATAL no database",
    from: "log",
    ...where,
  });
});

it("is the message of Kubernetes, unless that only says that it waits", () => {
  const message = "manifest unknown: password=hunter2secret";
  expect(lastLineOf(alertOf({ state: waiting("ErrImagePull", message) }))).toEqual({
    text: expect.not.stringContaining("hunter2secret"),
    from: "kubernetes",
    ...where,
  });
  expect(lastLineOf(alertOf({ state: waiting("CrashLoopBackOff", "back-off 10s restarting") }))).toBeUndefined();
});

it("is quoted in the description of an alert that is not about a container", () => {
  const { labels, annotations, ...rest } = anAlert();
  const { container: _, pod: __, ...ofWorkload } = labels;
  const description = "It said: “exceeded quota”. Raise it.";
  expect(lastLineOf({ ...rest, labels: ofWorkload, annotations: { ...annotations, description } })).toEqual({
    text: "exceeded quota",
    from: "kubernetes",
  });
});
