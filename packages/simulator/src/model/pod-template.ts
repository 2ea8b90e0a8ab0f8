/** Pod templates of workloads, and the API objects built from them. */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { BehaviourSource } from "./behaviour.ts";
import { managedFields } from "./managed-fields.ts";
import { nameSuffix, uuid } from "./names.ts";
import {
  type Container,
  type NodeAffinity,
  type OwnerReference,
  type Pod,
  type PodSpec,
  timestamp,
} from "./objects.ts";

export interface PodTemplate {
  /** Default: one container `app` that keeps running. */
  readonly containers?: readonly ContainerTemplate[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default Always. */
  readonly restartPolicy?: PodSpec["restartPolicy"];
  /** Default 30 s. */
  readonly terminationGracePeriod?: Duration;
  readonly activeDeadline?: Duration;
  /** With a label that no node has, the pod is unschedulable. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** The only node that it may run on, as for a DaemonSet. */
  readonly onlyNode?: string;
  /** As large as pods of a real OpenShift cluster (about 9 KB), for realistic measurements. */
  readonly realistic?: boolean;
}

export interface ContainerTemplate {
  readonly name: string;
  readonly image?: string;
  /** `sidecar` is an init container with restartPolicy Always. */
  readonly type?: "main" | "init" | "sidecar";
  readonly behaviour?: BehaviourSource;
  readonly env?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly memoryLimit?: string;
  /** OpenShift refuses a user outside the range of the project. */
  readonly runAsUser?: number;
  /** The container has its own restart rules (KEP-5307). */
  readonly restartRules?: boolean;
}

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly generateName?: string;
  readonly owner?: OwnerReference;
  readonly finalizers?: readonly string[];
}

export const DEFAULT_CONTAINERS: readonly ContainerTemplate[] = [{ name: "app" }];
const DEFAULT_GRACE: Duration = 30_000;

/** A newly created pod, not yet bound to a node. */
export function buildPod(identity: PodIdentity, template: PodTemplate, now: Instant, random: () => number): Pod {
  const created = timestamp(now);
  const tokenVolume = `kube-api-access-${nameSuffix(random)}`;
  const containers = template.containers ?? DEFAULT_CONTAINERS;
  const build = (container: ContainerTemplate) => buildContainer(container, tokenVolume, template.realistic ?? false);
  const inits = containers.filter(({ type }) => type === "init" || type === "sidecar").map(build);
  const labels = template.labels ?? {};
  const metadata: Pod["metadata"] = {
    name: identity.name,
    ...(identity.generateName === undefined ? {} : { generateName: identity.generateName }),
    namespace: identity.namespace,
    uid: uuid(random),
    resourceVersion: "",
    creationTimestamp: created,
    ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }),
    ...annotationsOf(template),
    ...(identity.owner === undefined ? {} : { ownerReferences: [identity.owner] }),
    ...(identity.finalizers === undefined ? {} : { finalizers: [...identity.finalizers] }),
  };
  const pod: Pod = {
    metadata,
    spec: {
      volumes: volumes(tokenVolume, template.realistic ?? false),
      ...(inits.length === 0 ? {} : { initContainers: inits }),
      containers: containers.filter(({ type = "main" }) => type === "main").map(build),
      restartPolicy: template.restartPolicy ?? "Always",
      terminationGracePeriodSeconds: (template.terminationGracePeriod ?? DEFAULT_GRACE) / 1_000,
      ...(template.activeDeadline === undefined ? {} : { activeDeadlineSeconds: template.activeDeadline / 1_000 }),
      dnsPolicy: "ClusterFirst",
      ...(template.nodeSelector === undefined ? {} : { nodeSelector: { ...template.nodeSelector } }),
      serviceAccountName: "default",
      serviceAccount: "default",
      securityContext: template.realistic ? { seLinuxOptions: { level: "s0:c27,c4" }, fsGroup: 1000720000 } : {},
      ...(template.realistic ? { imagePullSecrets: [{ name: "default-dockercfg-mt4xq" }] } : {}),
      ...(template.onlyNode === undefined ? {} : { affinity: affinityTo(template.onlyNode) }),
      schedulerName: "default-scheduler",
      tolerations: TOLERATIONS,
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: "PreemptLowerPriority",
    },
    status: { phase: "Pending", qosClass: "BestEffort" },
  };
  metadata.managedFields = managedFields(pod, created, undefined);
  return pod;
}

function affinityTo(node: string): NodeAffinity {
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [node] }];
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } } };
}

/** The node of the affinity. */
export function onlyNodeOf({ affinity }: PodSpec): string | undefined {
  const required = affinity?.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields[0]?.values[0];
}

function annotationsOf({ annotations, realistic }: PodTemplate): { annotations?: Record<string, string> } {
  const all = { ...annotations, ...(realistic ? NETWORK_ANNOTATIONS : {}) };
  return Object.keys(all).length === 0 ? {} : { annotations: all };
}

function buildContainer(template: ContainerTemplate, tokenVolume: string, realistic: boolean): Container {
  const env = Object.entries({ ...template.env, ...(realistic ? REALISTIC_ENV : {}) });
  return {
    name: template.name,
    image: template.image ?? `registry.example.com/${template.name}:1.0.0`,
    ...(template.command === undefined ? {} : { command: [...template.command] }),
    ...(realistic ? { ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }] } : {}),
    ...(env.length === 0 ? {} : { env: env.map(([name, value]) => ({ name, value })) }),
    resources: template.memoryLimit === undefined ? {} : { limits: { memory: template.memoryLimit } },
    ...(template.type === "sidecar" ? { restartPolicy: "Always" as const } : {}),
    ...(template.restartRules
      ? { restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }] }
      : {}),
    volumeMounts: [
      ...(realistic ? [{ name: "config", readOnly: true, mountPath: "/etc/app" }] : []),
      { name: tokenVolume, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ],
    ...(realistic ? { livenessProbe: PROBE, readinessProbe: PROBE } : {}),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
    ...(template.runAsUser === undefined ? {} : { securityContext: { runAsUser: template.runAsUser } }),
    ...(realistic
      ? {
          securityContext: {
            capabilities: { drop: ["ALL"] },
            runAsUser: 1000720000,
            runAsNonRoot: true,
            allowPrivilegeEscalation: false,
          },
        }
      : {}),
  };
}

function volumes(tokenVolume: string, realistic: boolean): unknown[] {
  const token = {
    name: tokenVolume,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
  if (!realistic) return [token];
  return [{ name: "config", configMap: { name: "app-config", defaultMode: 420 } }, token];
}

const TOLERATIONS = ["not-ready", "unreachable"].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 300,
}));

const PROBE = {
  httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" },
  initialDelaySeconds: 5,
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
};

const REALISTIC_ENV: Readonly<Record<string, string>> = {
  LOG_LEVEL: "info",
  HTTP_PORT: "8080",
  DATABASE_HOST: "orders-db.shop.svc.cluster.local",
  DATABASE_NAME: "orders",
  CACHE_URL: "redis://cache.shop.svc.cluster.local:6379/0",
  JAVA_OPTS: "-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError",
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.observability.svc.cluster.local:4317",
  FEATURE_FLAGS: "new-basket,async-mail,bulk-export",
};

/** The annotations of OVN-Kubernetes and Multus on every pod of an OpenShift cluster. */
const NETWORK_ANNOTATIONS: Readonly<Record<string, string>> = {
  "k8s.ovn.org/pod-networks":
    '{"default":{"ip_addresses":["10.128.2.41/23"],"mac_address":"0a:58:0a:80:02:29","gateway_ips":["10.128.2.1"],"routes":[{"dest":"10.128.0.0/14","nextHop":"10.128.2.1"},{"dest":"172.30.0.0/16","nextHop":"10.128.2.1"},{"dest":"169.254.0.5/32","nextHop":"10.128.2.1"},{"dest":"100.64.0.0/16","nextHop":"10.128.2.1"}],"ip_address":"10.128.2.41/23","gateway_ip":"10.128.2.1","role":"primary"}}',
  "k8s.v1.cni.cncf.io/network-status":
    '[{\n    "name": "ovn-kubernetes",\n    "interface": "eth0",\n    "ips": [\n        "10.128.2.41"\n    ],\n    "mac": "0a:58:0a:80:02:29",\n    "default": true,\n    "dns": {}\n}]',
  "openshift.io/scc": "restricted-v2",
  "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
};
