import { describe, expect, it } from "vitest";
import { aPod } from "../../../test/support/pods.ts";
import { MINUTE } from "../model/time.ts";
import { type ControllerEvent, inspectControllers } from "./cannot-create-pods.ts";

const BEGAN = Date.UTC(2026, 0, 1, 12);

/** As a ReplicaSet of a Deployment of `oc new-app` reports it. */
function event(changes: Partial<ControllerEvent> = {}): ControllerEvent {
  return {
    ...{ namespace: "shop", kind: "ReplicaSet", name: "web-65f56cb97f", reason: "FailedCreate" },
    message:
      'Error creating: Pod "web-65f56cb97f-7xkzq" is invalid: spec.containers[0].image: Invalid value: " ": must not have leading or trailing whitespace',
    ...{ at: BEGAN + 9 * MINUTE, firstAt: BEGAN, count: 9 },
    imageTag: { name: "web:latest", namespace: "shop" },
    ...changes,
  };
}

const build = (number: number, phase: string, config = "web") =>
  aPod({
    name: `${config}-${number}-build`,
    workload: { kind: "BuildConfig", name: config },
    phase,
    createdAt: BEGAN + number,
  });

const inspect = (minutes: number, pods = [] as ReturnType<typeof build>[], changes = {}) =>
  inspectControllers([event(changes)], BEGAN + minutes * MINUTE, pods);

describe("an image that the image trigger has not set yet", () => {
  it("has no alert for ten minutes, and while a build runs", () => {
    expect(inspect(9)).toEqual({ findings: [], reevaluateAt: BEGAN + 10 * MINUTE });
    for (const phase of ["Pending", "Running"]) {
      expect(inspect(20, [build(1, "Failed"), build(2, phase)]).findings).toEqual([]);
    }
  });

  it("has an alert afterwards, with the image stream tag, the state of the build and the command for its log", () => {
    const [finding] = inspect(10, [build(2, "Failed"), build(1, "Succeeded"), build(7, "Running", "other")]).findings;
    expect(finding?.annotations).toMatchObject({
      summary: "Deployment/web cannot create pods: no image yet: image stream tag web:latest is empty",
      cause: "ImageMissing",
    });
    expect(finding?.annotations.description).toContain(
      "The pod of the latest build, web-2-build, is Failed. Check the build: oc logs -f bc/web -n shop.",
    );
  });

  it("names the reason why the image stream could not be imported", () => {
    const importFailure = 'dockerimage.image.openshift.io "quay.io/acme/web:latest" not found';
    const imageTag = { name: "web:latest", namespace: "shop", importFailure };
    const [finding] = inspect(10, [], { imageTag }).findings;
    expect(finding?.annotations.summary).toContain("image stream tag web:latest cannot be imported");
    expect(finding?.annotations.description).toContain(
      'The import reports: “dockerimage.image.openshift.io "quay.io/acme/web:latest" not found”. Check the import',
    );
  });

  it("is explained without a build, and without a trigger that can be read", () => {
    const imageTag = { name: "web:latest", namespace: "images" };
    expect(inspect(10, [], { imageTag }).findings[0]?.annotations.description).toContain(
      "Check the import or the build of the image: oc describe is/web -n images.",
    );
    const { annotations } = inspectControllers([without(event())], BEGAN + 10 * MINUTE, [build(1, "Failed")])
      .findings[0]!;
    expect(annotations.summary).toContain("no image yet: its image stream tag is empty");
    expect(annotations.description).toContain("oc logs -f bc/web -n shop");
  });

  it("is not the reason of another invalid field", () => {
    const message = 'Error creating: Pod "a-x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "data"';
    expect(inspect(1, [], { message }).findings[0]?.annotations.cause).toBe("Invalid");
  });
});

function without({ imageTag: _, ...rest }: ControllerEvent): ControllerEvent {
  return rest;
}
