/**
 * The messages of core/v1 and meta/v1 that the simulator writes, with the numbers of `generated.proto` (kubernetes/api
 * and apimachinery, 1.32). test/simulator/protobuf.test.ts holds them against the bytes of a real API server.
 */
import {
  converted,
  flag,
  inline,
  int,
  ints,
  json,
  map,
  message,
  messages,
  optional,
  optionalFlag,
  optionalInt,
  optionalMessage,
  optionalText,
  optionalTime,
  type Schema,
  schema,
  text,
  texts,
  time,
} from "./protobuf-writer.ts";

// ─── meta/v1 ─────────────────────────────────────────────────────────────────────────────────────────────────────

const ownerReference = schema({
  kind: text(1),
  name: text(3),
  uid: text(4),
  apiVersion: text(5),
  controller: optionalFlag(6),
  blockOwnerDeletion: optionalFlag(7),
});

const fields = schema({ raw: json(1) });

const managedFieldsEntry = schema({
  manager: text(1),
  operation: text(2),
  apiVersion: text(3),
  time: optionalTime(4),
  fieldsType: text(6),
  fieldsV1: optional(converted(message(7, fields), (value) => ({ raw: value }))),
  subresource: text(8),
});

const objectMeta = schema({
  name: text(1),
  generateName: text(2),
  namespace: text(3),
  selfLink: text(4),
  uid: text(5),
  resourceVersion: text(6),
  generation: int(7),
  creationTimestamp: time(8),
  deletionTimestamp: optionalTime(9),
  deletionGracePeriodSeconds: optionalInt(10),
  labels: map(11, text(2)),
  annotations: map(12, text(2)),
  ownerReferences: messages(13, ownerReference),
  finalizers: texts(14),
  managedFields: messages(17, managedFieldsEntry),
});

export const listMeta = schema({
  selfLink: text(1),
  resourceVersion: text(2),
  continue: text(3),
  remainingItemCount: optionalInt(4),
});

const statusCause = schema({ reason: text(1), message: text(2), field: text(3) });

const statusDetails = schema({
  name: text(1),
  group: text(2),
  kind: text(3),
  causes: messages(4, statusCause),
  retryAfterSeconds: int(5),
  uid: text(6),
});

export const status = schema({
  metadata: message(1, listMeta),
  status: text(2),
  message: text(3),
  reason: text(4),
  details: optionalMessage(5, statusDetails),
  code: int(6),
});

// ─── core/v1: what is in a pod's spec ────────────────────────────────────────────────────────────────────────────

const name = schema({ name: text(1) });
const quantity = schema({ string: text(1) });
const quantities = (number: number) =>
  map(
    number,
    converted(message(2, quantity), (string) => ({ string })),
  );
const intOrString = schema({ type: int(1), intVal: int(2), strVal: text(3) });
const portValue = (value: unknown) =>
  typeof value === "string" ? { type: 1, strVal: value } : { type: 0, intVal: value ?? 0 };

const keyToPath = schema({ key: text(1), path: text(2), mode: optionalInt(3) });
const fieldSelector = schema({ apiVersion: text(1), fieldPath: text(2) });
const downwardFile = schema({ path: text(1), fieldRef: optionalMessage(2, fieldSelector), mode: optionalInt(4) });
const configMapContent = schema({ from: inline(1, name), items: messages(2, keyToPath), optional: optionalFlag(4) });
const projection = schema({
  downwardAPI: optionalMessage(2, schema({ items: messages(1, downwardFile) })),
  configMap: optionalMessage(3, configMapContent),
  serviceAccountToken: optionalMessage(
    4,
    schema({ audience: text(1), expirationSeconds: optionalInt(2), path: text(3) }),
  ),
});
const volumeSource = schema({
  hostPath: optionalMessage(1, schema({ path: text(1), type: optionalText(2) })),
  emptyDir: optionalMessage(2, schema({ medium: text(1) })),
  configMap: optionalMessage(
    19,
    schema({
      from: inline(1, name),
      items: messages(2, keyToPath),
      defaultMode: optionalInt(3),
      optional: optionalFlag(4),
    }),
  ),
  projected: optionalMessage(26, schema({ sources: messages(1, projection), defaultMode: optionalInt(2) })),
});
const volume = schema({ name: text(1), source: inline(2, volumeSource) });

const seLinuxOptions = schema({ user: text(1), role: text(2), type: text(3), level: text(4) });
const seccompProfile = schema({ type: text(1), localhostProfile: optionalText(2) });
const securityContext = schema({
  capabilities: optionalMessage(1, schema({ add: texts(1), drop: texts(2) })),
  privileged: optionalFlag(2),
  seLinuxOptions: optionalMessage(3, seLinuxOptions),
  runAsUser: optionalInt(4),
  runAsNonRoot: optionalFlag(5),
  readOnlyRootFilesystem: optionalFlag(6),
  allowPrivilegeEscalation: optionalFlag(7),
  runAsGroup: optionalInt(8),
  seccompProfile: optionalMessage(11, seccompProfile),
});
const podSecurityContext = schema({
  seLinuxOptions: optionalMessage(1, seLinuxOptions),
  runAsUser: optionalInt(2),
  runAsNonRoot: optionalFlag(3),
  supplementalGroups: ints(4),
  fsGroup: optionalInt(5),
  runAsGroup: optionalInt(6),
  seccompProfile: optionalMessage(10, seccompProfile),
});

const httpGet = schema({
  path: text(1),
  port: converted(message(2, intOrString), portValue),
  host: text(3),
  scheme: text(4),
});
const probeHandler = schema({
  exec: optionalMessage(1, schema({ command: texts(1) })),
  httpGet: optionalMessage(2, httpGet),
});
const probe = schema({
  handler: inline(1, probeHandler),
  initialDelaySeconds: int(2),
  timeoutSeconds: int(3),
  periodSeconds: int(4),
  successThreshold: int(5),
  failureThreshold: int(6),
  terminationGracePeriodSeconds: optionalInt(7),
});

const port = schema({ name: text(1), hostPort: int(2), containerPort: int(3), protocol: text(4), hostIP: text(5) });
const envFrom = schema({
  prefix: text(1),
  configMapRef: optionalMessage(2, schema({ from: inline(1, name), optional: optionalFlag(2) })),
  secretRef: optionalMessage(3, schema({ from: inline(1, name), optional: optionalFlag(2) })),
});
const volumeMount = schema({
  name: text(1),
  readOnly: flag(2),
  mountPath: text(3),
  subPath: text(4),
  mountPropagation: optionalText(5),
  subPathExpr: text(6),
  recursiveReadOnly: optionalText(7),
});
const restartRule = schema({
  action: text(1),
  exitCodes: optionalMessage(2, schema({ operator: text(1), values: ints(2) })),
});
const container = schema({
  name: text(1),
  image: text(2),
  command: texts(3),
  args: texts(4),
  workingDir: text(5),
  ports: messages(6, port),
  env: messages(7, schema({ name: text(1), value: text(2) })),
  resources: message(8, schema({ limits: quantities(1), requests: quantities(2) })),
  volumeMounts: messages(9, volumeMount),
  livenessProbe: optionalMessage(10, probe),
  readinessProbe: optionalMessage(11, probe),
  terminationMessagePath: text(13),
  imagePullPolicy: text(14),
  securityContext: optionalMessage(15, securityContext),
  stdin: flag(16),
  stdinOnce: flag(17),
  tty: flag(18),
  envFrom: messages(19, envFrom),
  terminationMessagePolicy: text(20),
  restartPolicy: optionalText(24),
  restartPolicyRules: messages(25, restartRule),
});
const toleration = schema({
  key: text(1),
  operator: text(2),
  value: text(3),
  effect: text(4),
  tolerationSeconds: optionalInt(5),
});
const requirement = schema({ key: text(1), operator: text(2), values: texts(3) });
const nodeSelectorTerm = schema({ matchExpressions: messages(1, requirement), matchFields: messages(2, requirement) });
const nodeSelector = schema({ nodeSelectorTerms: messages(1, nodeSelectorTerm) });
const nodeAffinity = schema({ requiredDuringSchedulingIgnoredDuringExecution: optionalMessage(1, nodeSelector) });
const podSpec = schema({
  volumes: messages(1, volume),
  containers: messages(2, container),
  restartPolicy: text(3),
  terminationGracePeriodSeconds: optionalInt(4),
  activeDeadlineSeconds: optionalInt(5),
  dnsPolicy: text(6),
  nodeSelector: map(7, text(2)),
  serviceAccountName: text(8),
  serviceAccount: text(9),
  nodeName: text(10),
  hostNetwork: flag(11),
  hostPID: flag(12),
  hostIPC: flag(13),
  securityContext: optionalMessage(14, podSecurityContext),
  imagePullSecrets: messages(15, name),
  hostname: text(16),
  subdomain: text(17),
  affinity: optionalMessage(18, schema({ nodeAffinity: optionalMessage(1, nodeAffinity) })),
  schedulerName: text(19),
  initContainers: messages(20, container),
  tolerations: messages(22, toleration),
  priorityClassName: text(24),
  priority: optionalInt(25),
  enableServiceLinks: optionalFlag(30),
  preemptionPolicy: optionalText(31),
});

// ─── core/v1: what is in a pod's status ──────────────────────────────────────────────────────────────────────────

const containerState = schema({
  waiting: optionalMessage(1, schema({ reason: text(1), message: text(2) })),
  running: optionalMessage(2, schema({ startedAt: time(1) })),
  terminated: optionalMessage(
    3,
    schema({
      exitCode: int(1),
      signal: int(2),
      reason: text(3),
      message: text(4),
      startedAt: time(5),
      finishedAt: time(6),
      containerID: text(7),
    }),
  ),
});
const volumeMountStatus = schema({
  name: text(1),
  mountPath: text(2),
  readOnly: flag(3),
  recursiveReadOnly: optionalText(4),
});
const containerStatus = schema({
  name: text(1),
  state: message(2, containerState),
  lastState: message(3, containerState),
  ready: flag(4),
  restartCount: int(5),
  image: text(6),
  imageID: text(7),
  containerID: text(8),
  started: optionalFlag(9),
  volumeMounts: messages(12, volumeMountStatus),
});
const condition = schema({
  type: text(1),
  status: text(2),
  lastProbeTime: time(3),
  lastTransitionTime: time(4),
  reason: text(5),
  message: text(6),
});
const address = schema({ ip: text(1) });
const podStatus = schema({
  phase: text(1),
  conditions: messages(2, condition),
  message: text(3),
  reason: text(4),
  hostIP: text(5),
  podIP: text(6),
  startTime: optionalTime(7),
  containerStatuses: messages(8, containerStatus),
  qosClass: text(9),
  initContainerStatuses: messages(10, containerStatus),
  nominatedNodeName: text(11),
  podIPs: messages(12, address),
  ephemeralContainerStatuses: messages(13, containerStatus),
  resize: text(14),
  hostIPs: messages(16, address),
});

const pod = schema({ metadata: message(1, objectMeta), spec: message(2, podSpec), status: message(3, podStatus) });

// ─── core/v1 Event ───────────────────────────────────────────────────────────────────────────────────────────────

const objectReference = schema({
  kind: text(1),
  namespace: text(2),
  name: text(3),
  uid: text(4),
  apiVersion: text(5),
  resourceVersion: text(6),
  fieldPath: text(7),
});
const event = schema({
  metadata: message(1, objectMeta),
  involvedObject: message(2, objectReference),
  reason: text(3),
  message: text(4),
  source: message(5, schema({ component: text(1), host: text(2) })),
  firstTimestamp: time(6),
  lastTimestamp: time(7),
  count: int(8),
  type: text(9),
  eventTime: time(10),
  series: optionalMessage(11, schema({ count: int(1), lastObservedTime: time(2) })),
  action: text(12),
  reportingComponent: text(14),
  reportingInstance: text(15),
});

export const SCHEMAS: Readonly<Record<"pods" | "events", Schema>> = { pods: pod, events: event };
