/**
 * `metadata.managedFields`: the last writer of each field. Watchers do not read it, but it is two fifths of the bytes of a
 * pod and has the newest times of the object, so simulated pods have it too.
 */
import type { Container, ManagedFieldsEntry, Pod } from "./objects.ts";

type Fields = Record<string, unknown>;

/** The entries of a pod that was created at `created`, and whose status was written at `statusAt`, if it was. */
export function managedFields(pod: Pod, created: string, statusAt: string | undefined): ManagedFieldsEntry[] {
  const controlled = pod.metadata.ownerReferences !== undefined;
  const entries: ManagedFieldsEntry[] = [
    {
      manager: controlled ? "kube-controller-manager" : "kubectl-create",
      operation: "Update",
      apiVersion: "v1",
      time: created,
      fieldsType: "FieldsV1",
      fieldsV1: specFields(pod),
    },
  ];
  if (statusAt !== undefined) {
    entries.push({
      manager: "kubelet",
      operation: "Update",
      apiVersion: "v1",
      time: statusAt,
      fieldsType: "FieldsV1",
      fieldsV1: statusFields(pod),
      subresource: "status",
    });
  }
  return entries;
}

function specFields({ metadata, spec }: Pod): Fields {
  return {
    "f:metadata": {
      ...(metadata.annotations === undefined ? {} : { "f:annotations": withSelf(metadata.annotations) }),
      ...(metadata.generateName === undefined ? {} : { "f:generateName": {} }),
      ...(metadata.labels === undefined ? {} : { "f:labels": withSelf(metadata.labels) }),
      ...(metadata.ownerReferences === undefined
        ? {}
        : {
            "f:ownerReferences": {
              ".": {},
              ...Object.fromEntries(metadata.ownerReferences.map(({ uid }) => [`k:{"uid":"${uid}"}`, {}])),
            },
          }),
    },
    "f:spec": {
      "f:containers": byName(spec.containers),
      "f:dnsPolicy": {},
      "f:enableServiceLinks": {},
      ...(spec.initContainers === undefined ? {} : { "f:initContainers": byName(spec.initContainers) }),
      "f:restartPolicy": {},
      "f:schedulerName": {},
      "f:securityContext": {},
      "f:terminationGracePeriodSeconds": {},
    },
  };
}

function byName(containers: readonly Container[]): Fields {
  return Object.fromEntries(
    containers.map((container) => [
      `k:{"name":"${container.name}"}`,
      {
        ".": {},
        ...(container.command === undefined ? {} : { "f:command": {} }),
        ...(container.env === undefined
          ? {}
          : {
              "f:env": {
                ".": {},
                ...Object.fromEntries(
                  (container.env as { name: string }[]).map(({ name }) => [
                    `k:{"name":"${name}"}`,
                    { ".": {}, "f:name": {}, "f:value": {} },
                  ]),
                ),
              },
            }),
        "f:image": {},
        "f:imagePullPolicy": {},
        ...(container.livenessProbe === undefined ? {} : { "f:livenessProbe": PROBE_FIELDS }),
        "f:name": {},
        ...(container.ports === undefined
          ? {}
          : {
              "f:ports": {
                ".": {},
                'k:{"containerPort":8080,"protocol":"TCP"}': {
                  ".": {},
                  "f:containerPort": {},
                  "f:name": {},
                  "f:protocol": {},
                },
              },
            }),
        ...(container.readinessProbe === undefined ? {} : { "f:readinessProbe": PROBE_FIELDS }),
        "f:resources": {},
        "f:terminationMessagePath": {},
        "f:terminationMessagePolicy": {},
      },
    ]),
  );
}

const PROBE_FIELDS: Fields = {
  ".": {},
  "f:failureThreshold": {},
  "f:httpGet": { ".": {}, "f:path": {}, "f:port": {}, "f:scheme": {} },
  "f:initialDelaySeconds": {},
  "f:periodSeconds": {},
  "f:successThreshold": {},
  "f:timeoutSeconds": {},
};

function statusFields({ status }: Pod): Fields {
  const conditions = (status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  return {
    "f:status": {
      "f:conditions": Object.fromEntries(
        conditions.map(({ type, reason, message }) => [
          `k:{"type":"${type}"}`,
          {
            ".": {},
            "f:lastProbeTime": {},
            "f:lastTransitionTime": {},
            ...(message === undefined ? {} : { "f:message": {} }),
            ...(reason === undefined ? {} : { "f:reason": {} }),
            "f:status": {},
            "f:type": {},
          },
        ]),
      ),
      "f:containerStatuses": {},
      ...(status.hostIP === undefined ? {} : { "f:hostIP": {} }),
      ...(status.initContainerStatuses === undefined ? {} : { "f:initContainerStatuses": {} }),
      ...(status.phase === "Pending" ? {} : { "f:phase": {} }),
      ...(status.podIP === undefined
        ? {}
        : { "f:podIP": {}, "f:podIPs": { ".": {}, [`k:{"ip":"${status.podIP}"}`]: { ".": {}, "f:ip": {} } } }),
      "f:startTime": {},
    },
  };
}

function withSelf(record: Readonly<Record<string, string>>): Fields {
  return { ".": {}, ...Object.fromEntries(Object.keys(record).map((key) => [`f:${key}`, {}])) };
}
