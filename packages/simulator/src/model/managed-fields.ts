/**
 * `metadata.managedFields`: the last writer of each field. Watchers do not read it, but it is two fifths of the bytes of a
 * pod and has the newest times of the object, so simulated pods have it too.
 */
import { defined } from "../../../../src/core/util/defined.ts";
import type { Container, ManagedFieldsEntry, Pod } from "./objects.ts";

type Fields = Record<string, unknown>;

/** The entries of a pod that was created at `created`, and whose status was written at `statusAt`, if it was. */
export function managedFields(pod: Pod, created: string, statusAt: string | undefined): ManagedFieldsEntry[] {
  const manager = pod.metadata.ownerReferences === undefined ? "kubectl-create" : "kube-controller-manager";
  const entry = { operation: "Update" as const, apiVersion: "v1", fieldsType: "FieldsV1" as const };
  const entries: ManagedFieldsEntry[] = [inOrder({ ...entry, manager, time: created, fieldsV1: specFields(pod) })];
  if (statusAt !== undefined) {
    const fieldsV1 = statusFields(pod);
    entries.push(inOrder({ ...entry, manager: "kubelet", time: statusAt, fieldsV1, subresource: "status" }));
  }
  return entries;
}

/** The keys in the order of the API server. */
function inOrder(entry: ManagedFieldsEntry): ManagedFieldsEntry {
  const { manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource } = entry;
  return defined({ manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource });
}

function specFields({ metadata, spec }: Pod): Fields {
  const owners = metadata.ownerReferences?.map(({ uid }) => [`k:{"uid":"${uid}"}`, {}] as const);
  return {
    "f:metadata": defined({
      "f:annotations": metadata.annotations && withSelf(named(Object.keys(metadata.annotations))),
      "f:generateName": metadata.generateName && {},
      "f:labels": metadata.labels && withSelf(named(Object.keys(metadata.labels))),
      "f:ownerReferences": owners && withSelf(Object.fromEntries(owners)),
    }),
    "f:spec": defined({
      "f:containers": byName(spec.containers),
      ...named(["dnsPolicy", "enableServiceLinks"]),
      "f:initContainers": spec.initContainers && byName(spec.initContainers),
      ...named(["restartPolicy", "schedulerName", "securityContext", "terminationGracePeriodSeconds"]),
    }),
  };
}

function byName(containers: readonly Container[]): Fields {
  return Object.fromEntries(containers.map((container) => [`k:{"name":"${container.name}"}`, fieldsOf(container)]));
}

function fieldsOf({ command, env, livenessProbe, readinessProbe, ports }: Container): Fields {
  const variables = (env as { name: string }[] | undefined)?.map(
    ({ name }) => [`k:{"name":"${name}"}`, withSelf(named(["name", "value"]))] as const,
  );
  return withSelf(
    defined({
      "f:command": command && {},
      "f:env": variables && withSelf(Object.fromEntries(variables)),
      ...named(["image", "imagePullPolicy"]),
      "f:livenessProbe": livenessProbe && PROBE_FIELDS,
      "f:name": {},
      "f:ports": ports && PORT_FIELDS,
      "f:readinessProbe": readinessProbe && PROBE_FIELDS,
      ...named(["resources", "terminationMessagePath", "terminationMessagePolicy"]),
    }),
  );
}

const PORT_FIELDS = withSelf({
  'k:{"containerPort":8080,"protocol":"TCP"}': withSelf(named(["containerPort", "name", "protocol"])),
});

const PROBE_FIELDS = withSelf({
  "f:failureThreshold": {},
  "f:httpGet": withSelf(named(["path", "port", "scheme"])),
  ...named(["initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"]),
});

function statusFields({ status }: Pod): Fields {
  const conditions = (status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  return {
    "f:status": defined({
      "f:conditions": Object.fromEntries(
        conditions.map(({ type, reason, message }) => [
          `k:{"type":"${type}"}`,
          withSelf(
            defined({
              ...named(["lastProbeTime", "lastTransitionTime"]),
              "f:message": message === undefined ? undefined : {},
              "f:reason": reason === undefined ? undefined : {},
              ...named(["status", "type"]),
            }),
          ),
        ]),
      ),
      "f:containerStatuses": {},
      "f:hostIP": status.hostIP && {},
      "f:initContainerStatuses": status.initContainerStatuses && {},
      "f:phase": status.phase === "Pending" ? undefined : {},
      "f:podIP": status.podIP && {},
      "f:podIPs": status.podIP && withSelf({ [`k:{"ip":"${status.podIP}"}`]: withSelf(named(["ip"])) }),
      "f:startTime": {},
    }),
  };
}

function named(names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
}

function withSelf(fields: Fields): Fields {
  return { ".": {}, ...fields };
}
