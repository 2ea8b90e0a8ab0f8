/** The toolkit of the workload controllers: the owners of pods, and the actions on pods. */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import { nameSuffix, uuid } from "../model/names.ts";
import type { Pod } from "../model/objects.ts";
import type { PodIdentity, PodTemplate } from "../model/pod-template.ts";
import type { EventRecorder } from "../storage/event-recorder.ts";
import type { Storage } from "../storage/storage.ts";
import type { PodOwner, Toolkit, Workload } from "./controller.ts";

export interface WorkloadsSetting {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly events: EventRecorder;
  readonly nodes: () => readonly string[];
  readonly createPod: (identity: PodIdentity, template: PodTemplate) => Pod;
  readonly deletePod: (pod: Pod) => void;
  /** Why the admission refuses a pod; undefined when it does not. */
  readonly refusePod: (name: string, template: PodTemplate) => string | undefined;
}

export interface WorkloadToolkit extends Toolkit, Disposable {
  hasOwners(): boolean;
  /** Why new pods of the workload are rejected; undefined when they are not. */
  refuse(workload: Workload, reason: string | undefined): void;
}

const RECONCILE: Duration = 100;
const REFUSED_RETRY: Duration = 15_000;

export function createToolkit(setting: WorkloadsSetting, reconcile: (workload: Workload) => void): WorkloadToolkit {
  const { clock, storage, events } = setting;
  /** By the UID in the owner references of the pods. */
  const owners = new Map<string, PodOwner>();
  const refusals = new Map<Workload, string>();
  const due = new Map<Workload, { readonly at: Instant; readonly timer: Timer }>();

  const kit: WorkloadToolkit = {
    clock,
    nodes: setting.nodes,
    ownerOf: (pod) => owners.get(pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid ?? ""),
    ownersOf: (workload) => [...owners.values()].filter((owner) => owner.workload === workload),
    podsOf: (workload) => {
      const pods: Pod[] = [];
      for (const { object, namespace } of storage.pods.values()) {
        if (namespace === workload.namespace && kit.ownerOf(object)?.workload === workload) pods.push(object);
      }
      return pods.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    },
    addOwner: (workload, kind, name, labels) => {
      const uid = kind === workload.kind ? workload.uid : uuid(clock.random);
      const owner: PodOwner = {
        workload,
        reference: { apiVersion: apiVersionOf(kind), kind, name, uid, controller: true, blockOwnerDeletion: true },
        template: workload.template,
        labels,
        failures: new Set<string>(),
        nextPodAt: 0,
        succeeded: false,
        finished: false,
        createdAt: { wall: clock.now(), monotonic: clock.monotonic() },
      };
      owners.set(uid, owner);
      return owner;
    },
    removeOwner: (owner) => {
      const pods = kit.podsOf(owner.workload).filter((pod) => kit.ownerOf(pod) === owner);
      owners.delete(owner.reference.uid);
      for (const pod of pods) setting.deletePod(pod);
    },
    makePod: (owner, name) => {
      const { workload, reference } = owner;
      const record = kit.recorderFor(reference, workload.namespace);
      const generateName = `${reference.name}-`;
      const refusal = refusals.get(workload) ?? setting.refusePod(name ?? generateName, owner.template);
      if (refusal !== undefined) {
        record("Warning", "FailedCreate", `Error creating: ${refusal}`);
        kit.wake(workload, REFUSED_RETRY);
        return false;
      }
      const identity: PodIdentity = {
        namespace: workload.namespace,
        name: name ?? `${generateName}${nameSuffix(clock.random)}`,
        ...(name === undefined ? { generateName } : {}),
        owner: reference,
        ...(reference.kind === "Job" ? { finalizers: ["batch.kubernetes.io/job-tracking"] } : {}),
      };
      const pod = setting.createPod(identity, {
        ...owner.template,
        labels: { ...owner.template.labels, ...owner.labels },
      });
      const created = `Created pod: ${pod.metadata.name}`;
      const inSet = `create Pod ${pod.metadata.name} in StatefulSet ${reference.name} successful`;
      record("Normal", "SuccessfulCreate", reference.kind === "StatefulSet" ? inSet : created);
      return true;
    },
    deletePod: (owner, pod) => {
      setting.deletePod(pod);
      const record = kit.recorderFor(owner.reference, owner.workload.namespace);
      record("Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    },
    write: (pod) => void storage.pods.put(pod),
    wake: (workload, delay = RECONCILE) => {
      const at = clock.monotonic() + delay;
      const sooner = due.get(workload);
      if (sooner !== undefined && sooner.at <= at) return;
      sooner?.timer.cancel();
      const timer = clock.after(delay, () => {
        due.delete(workload);
        reconcile(workload);
      });
      due.set(workload, { at, timer });
    },
    recorderFor:
      ({ kind, name, uid }, namespace) =>
      (type, reason, message) => {
        const about = { kind, namespace, name, uid, apiVersion: apiVersionOf(kind) };
        events.record({ about, type, reason, message, component: `${kind.toLowerCase()}-controller` });
      },
    hasOwners: () => owners.size > 0,
    refuse: (workload, reason) => {
      if (reason === undefined) refusals.delete(workload);
      else refusals.set(workload, reason);
    },
    [Symbol.dispose]: () => {
      for (const { timer } of due.values()) timer.cancel();
    },
  };
  return kit;
}

function apiVersionOf(kind: string): string {
  if (kind === "Build" || kind === "BuildConfig") return "build.openshift.io/v1";
  return kind === "Job" || kind === "CronJob" ? "batch/v1" : "apps/v1";
}
