/**
 * Builds of OpenShift: each build of a BuildConfig has a number and one pod. Finished builds stay with their pods up to
 * `successfulBuildsHistoryLimit` and `failedBuildsHistoryLimit` (openshift-controller-manager, pkg/build/controller).
 */
import type { BehaviourSource } from "../model/behaviour.ts";
import type { PodOwner, Toolkit, Workload } from "./controller.ts";

/** The default of both limits. */
const BUILDS_KEPT = 5;

/** Starts the next build. Its pod runs until the build container exits. */
export function startBuild(kit: Toolkit, workload: Workload, behaviour: BehaviourSource): void {
  const last = kit.ownersOf(workload).at(-1)?.reference.name;
  const name = `${workload.name}-${last === undefined ? 1 : Number(last.slice(workload.name.length + 1)) + 1}`;
  const labels = { "openshift.io/build.name": name };
  workload.template = {
    ...workload.template,
    restartPolicy: "Never",
    annotations: labels,
    containers: [{ name: "sti-build", behaviour }],
  };
  const build = kit.addOwner(workload, "Build", name, labels);
  kit.makePod(build, `${name}-build`);
  record(kit, build, "BuildStarted", "is now running");
}

export function reconcileBuilds(kit: Toolkit, workload: Workload): void {
  for (const pod of kit.podsOf(workload)) {
    const build = kit.ownerOf(pod);
    const { phase } = pod.status;
    if (build === undefined || build.finished || (phase !== "Succeeded" && phase !== "Failed")) continue;
    build.finished = true;
    build.succeeded = phase === "Succeeded";
    if (build.succeeded) record(kit, build, "BuildCompleted", "completed successfully");
    else record(kit, build, "BuildFailed", "failed");
  }
  const finished = kit.ownersOf(workload).filter((build) => build.finished);
  for (const succeeded of [true, false]) {
    const kept = finished.filter((build) => build.succeeded === succeeded);
    for (const build of kept.slice(0, -BUILDS_KEPT)) kit.removeOwner(build);
  }
}

/** The type is Normal, also for a failure. */
function record(kit: Toolkit, { workload, reference }: PodOwner, reason: string, what: string): void {
  const { namespace } = workload;
  kit.recorderFor(reference, namespace)("Normal", reason, `Build ${namespace}/${reference.name} ${what}`);
}
