/**
 * The messages of core/v1 and meta/v1 that the simulator writes, with the field numbers of `generated.proto` (kubernetes/api
 * and apimachinery, 1.32). `required` marks fields that are not pointers in Go: Kubernetes writes them even when they are
 * empty. test/protobuf.test.ts compares the result with bytes of a real API server.
 */
export const KUBERNETES_PROTO = `
syntax = "proto2";

// meta/v1

message TypeMeta { required string apiVersion = 1; required string kind = 2; }
message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
message OwnerReference {
  required string kind = 1;
  required string name = 3;
  required string uid = 4;
  required string apiVersion = 5;
  optional bool controller = 6;
  optional bool blockOwnerDeletion = 7;
}
message FieldsV1 { optional bytes raw = 1; }
message ManagedFieldsEntry {
  required string manager = 1;
  required string operation = 2;
  required string apiVersion = 3;
  optional Time time = 4;
  required string fieldsType = 6;
  optional FieldsV1 fieldsV1 = 7;
  required string subresource = 8;
}
message ObjectMeta {
  required string name = 1;
  required string generateName = 2;
  required string namespace = 3;
  required string selfLink = 4;
  required string uid = 5;
  required string resourceVersion = 6;
  required int64 generation = 7;
  required Time creationTimestamp = 8;
  optional Time deletionTimestamp = 9;
  optional int64 deletionGracePeriodSeconds = 10;
  map<string, string> labels = 11;
  map<string, string> annotations = 12;
  repeated OwnerReference ownerReferences = 13;
  repeated string finalizers = 14;
  repeated ManagedFieldsEntry managedFields = 17;
}
message ListMeta {
  required string selfLink = 1;
  required string resourceVersion = 2;
  required string continue = 3;
  optional int64 remainingItemCount = 4;
}
message StatusCause { required string reason = 1; required string message = 2; required string field = 3; }
message StatusDetails {
  required string name = 1;
  required string group = 2;
  required string kind = 3;
  repeated StatusCause causes = 4;
  required int32 retryAfterSeconds = 5;
  required string uid = 6;
}
message Status {
  required ListMeta metadata = 1;
  required string status = 2;
  required string message = 3;
  required string reason = 4;
  optional StatusDetails details = 5;
  required int32 code = 6;
}

// core/v1: the spec of a pod

message LocalObjectReference { required string name = 1; }
message Quantity { required string string = 1; }
message IntOrString { required int64 type = 1; required int32 intVal = 2; required string strVal = 3; }
message KeyToPath { required string key = 1; required string path = 2; optional int32 mode = 3; }
message ObjectFieldSelector { required string apiVersion = 1; required string fieldPath = 2; }
message DownwardAPIVolumeFile {
  required string path = 1;
  optional ObjectFieldSelector fieldRef = 2;
  optional int32 mode = 4;
}
message DownwardAPIProjection { repeated DownwardAPIVolumeFile items = 1; }
message ConfigMapProjection {
  required LocalObjectReference localObjectReference = 1;
  repeated KeyToPath items = 2;
  optional bool optional = 4;
}
message ServiceAccountTokenProjection {
  required string audience = 1;
  optional int64 expirationSeconds = 2;
  required string path = 3;
}
message VolumeProjection {
  optional DownwardAPIProjection downwardAPI = 2;
  optional ConfigMapProjection configMap = 3;
  optional ServiceAccountTokenProjection serviceAccountToken = 4;
}
message HostPathVolumeSource { required string path = 1; optional string type = 2; }
message EmptyDirVolumeSource { required string medium = 1; }
message ConfigMapVolumeSource {
  required LocalObjectReference localObjectReference = 1;
  repeated KeyToPath items = 2;
  optional int32 defaultMode = 3;
  optional bool optional = 4;
}
message ProjectedVolumeSource { repeated VolumeProjection sources = 1; optional int32 defaultMode = 2; }
message VolumeSource {
  optional HostPathVolumeSource hostPath = 1;
  optional EmptyDirVolumeSource emptyDir = 2;
  optional ConfigMapVolumeSource configMap = 19;
  optional ProjectedVolumeSource projected = 26;
}
message Volume { required string name = 1; required VolumeSource volumeSource = 2; }
message SELinuxOptions {
  required string user = 1;
  required string role = 2;
  required string type = 3;
  required string level = 4;
}
message SeccompProfile { required string type = 1; optional string localhostProfile = 2; }
message Capabilities { repeated string add = 1; repeated string drop = 2; }
message SecurityContext {
  optional Capabilities capabilities = 1;
  optional bool privileged = 2;
  optional SELinuxOptions seLinuxOptions = 3;
  optional int64 runAsUser = 4;
  optional bool runAsNonRoot = 5;
  optional bool readOnlyRootFilesystem = 6;
  optional bool allowPrivilegeEscalation = 7;
  optional int64 runAsGroup = 8;
  optional SeccompProfile seccompProfile = 11;
}
message PodSecurityContext {
  optional SELinuxOptions seLinuxOptions = 1;
  optional int64 runAsUser = 2;
  optional bool runAsNonRoot = 3;
  repeated int64 supplementalGroups = 4;
  optional int64 fsGroup = 5;
  optional int64 runAsGroup = 6;
  optional SeccompProfile seccompProfile = 10;
}
message ExecAction { repeated string command = 1; }
message HTTPGetAction {
  required string path = 1;
  required IntOrString port = 2;
  required string host = 3;
  required string scheme = 4;
}
message ProbeHandler { optional ExecAction exec = 1; optional HTTPGetAction httpGet = 2; }
message Probe {
  required ProbeHandler handler = 1;
  required int32 initialDelaySeconds = 2;
  required int32 timeoutSeconds = 3;
  required int32 periodSeconds = 4;
  required int32 successThreshold = 5;
  required int32 failureThreshold = 6;
  optional int64 terminationGracePeriodSeconds = 7;
}
message ContainerPort {
  required string name = 1;
  required int32 hostPort = 2;
  required int32 containerPort = 3;
  required string protocol = 4;
  required string hostIP = 5;
}
message EnvVar { required string name = 1; required string value = 2; }
message EnvSource { required LocalObjectReference localObjectReference = 1; optional bool optional = 2; }
message EnvFromSource {
  required string prefix = 1;
  optional EnvSource configMapRef = 2;
  optional EnvSource secretRef = 3;
}
message ResourceRequirements { map<string, Quantity> limits = 1; map<string, Quantity> requests = 2; }
message VolumeMount {
  required string name = 1;
  required bool readOnly = 2;
  required string mountPath = 3;
  required string subPath = 4;
  optional string mountPropagation = 5;
  required string subPathExpr = 6;
  optional string recursiveReadOnly = 7;
}
message ContainerRestartRuleOnExitCodes { required string operator = 1; repeated int32 values = 2; }
message ContainerRestartRule { required string action = 1; optional ContainerRestartRuleOnExitCodes exitCodes = 2; }
message Container {
  required string name = 1;
  required string image = 2;
  repeated string command = 3;
  repeated string args = 4;
  required string workingDir = 5;
  repeated ContainerPort ports = 6;
  repeated EnvVar env = 7;
  required ResourceRequirements resources = 8;
  repeated VolumeMount volumeMounts = 9;
  optional Probe livenessProbe = 10;
  optional Probe readinessProbe = 11;
  required string terminationMessagePath = 13;
  required string imagePullPolicy = 14;
  optional SecurityContext securityContext = 15;
  required bool stdin = 16;
  required bool stdinOnce = 17;
  required bool tty = 18;
  repeated EnvFromSource envFrom = 19;
  required string terminationMessagePolicy = 20;
  optional string restartPolicy = 24;
  repeated ContainerRestartRule restartPolicyRules = 25;
}
message Toleration {
  required string key = 1;
  required string operator = 2;
  required string value = 3;
  required string effect = 4;
  optional int64 tolerationSeconds = 5;
}
message NodeSelectorRequirement { required string key = 1; required string operator = 2; repeated string values = 3; }
message NodeSelectorTerm {
  repeated NodeSelectorRequirement matchExpressions = 1;
  repeated NodeSelectorRequirement matchFields = 2;
}
message NodeSelector { repeated NodeSelectorTerm nodeSelectorTerms = 1; }
message NodeAffinity { optional NodeSelector requiredDuringSchedulingIgnoredDuringExecution = 1; }
message Affinity { optional NodeAffinity nodeAffinity = 1; }
message PodSpec {
  repeated Volume volumes = 1;
  repeated Container containers = 2;
  required string restartPolicy = 3;
  optional int64 terminationGracePeriodSeconds = 4;
  optional int64 activeDeadlineSeconds = 5;
  required string dnsPolicy = 6;
  map<string, string> nodeSelector = 7;
  required string serviceAccountName = 8;
  required string serviceAccount = 9;
  required string nodeName = 10;
  required bool hostNetwork = 11;
  required bool hostPID = 12;
  required bool hostIPC = 13;
  optional PodSecurityContext securityContext = 14;
  repeated LocalObjectReference imagePullSecrets = 15;
  required string hostname = 16;
  required string subdomain = 17;
  optional Affinity affinity = 18;
  required string schedulerName = 19;
  repeated Container initContainers = 20;
  repeated Toleration tolerations = 22;
  required string priorityClassName = 24;
  optional int32 priority = 25;
  optional bool enableServiceLinks = 30;
  optional string preemptionPolicy = 31;
}

// core/v1: the status of a pod

message ContainerStateWaiting { required string reason = 1; required string message = 2; }
message ContainerStateRunning { required Time startedAt = 1; }
message ContainerStateTerminated {
  required int32 exitCode = 1;
  required int32 signal = 2;
  required string reason = 3;
  required string message = 4;
  required Time startedAt = 5;
  required Time finishedAt = 6;
  required string containerID = 7;
}
message ContainerState {
  optional ContainerStateWaiting waiting = 1;
  optional ContainerStateRunning running = 2;
  optional ContainerStateTerminated terminated = 3;
}
message VolumeMountStatus {
  required string name = 1;
  required string mountPath = 2;
  required bool readOnly = 3;
  optional string recursiveReadOnly = 4;
}
message ContainerStatus {
  required string name = 1;
  required ContainerState state = 2;
  required ContainerState lastState = 3;
  required bool ready = 4;
  required int32 restartCount = 5;
  required string image = 6;
  required string imageID = 7;
  required string containerID = 8;
  optional bool started = 9;
  repeated VolumeMountStatus volumeMounts = 12;
}
message PodCondition {
  required string type = 1;
  required string status = 2;
  required Time lastProbeTime = 3;
  required Time lastTransitionTime = 4;
  required string reason = 5;
  required string message = 6;
}
message PodIP { required string ip = 1; }
message PodStatus {
  required string phase = 1;
  repeated PodCondition conditions = 2;
  required string message = 3;
  required string reason = 4;
  required string hostIP = 5;
  required string podIP = 6;
  optional Time startTime = 7;
  repeated ContainerStatus containerStatuses = 8;
  required string qosClass = 9;
  repeated ContainerStatus initContainerStatuses = 10;
  required string nominatedNodeName = 11;
  repeated PodIP podIPs = 12;
  repeated ContainerStatus ephemeralContainerStatuses = 13;
  required string resize = 14;
  repeated PodIP hostIPs = 16;
}
message Pod { required ObjectMeta metadata = 1; required PodSpec spec = 2; required PodStatus status = 3; }

// core/v1 Event

message ObjectReference {
  required string kind = 1;
  required string namespace = 2;
  required string name = 3;
  required string uid = 4;
  required string apiVersion = 5;
  required string resourceVersion = 6;
  required string fieldPath = 7;
}
message EventSource { required string component = 1; required string host = 2; }
message EventSeries { required int32 count = 1; required Time lastObservedTime = 2; }
message Event {
  required ObjectMeta metadata = 1;
  required ObjectReference involvedObject = 2;
  required string reason = 3;
  required string message = 4;
  required EventSource source = 5;
  required Time firstTimestamp = 6;
  required Time lastTimestamp = 7;
  required int32 count = 8;
  required string type = 9;
  required Time eventTime = 10;
  optional EventSeries series = 11;
  required string action = 12;
  required string reportingComponent = 14;
  required string reportingInstance = 15;
}
`;
