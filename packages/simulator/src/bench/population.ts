/**
 * A hundred thousand pods at almost no cost: a few prototypes are built and encoded once, and each pod is a copy of their
 * bytes with its own names, IDs, times and resourceVersion. So a benchmark measures the client and not the server.
 */
import type { Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import { jsonBytes } from "../encode/json.ts";
import { joined } from "../encode/pieces.ts";
import { protobufBytes } from "../encode/protobuf.ts";
import type { Encoded, Stored } from "../encode/types.ts";
import { managedFields } from "../model/managed-fields.ts";
import { hex } from "../model/names.ts";
import { type Pod, timestamp } from "../model/objects.ts";
import { type ContainerView, podStatus } from "../model/pod-status.ts";
import { buildPod, type ContainerTemplate } from "../model/pod-template.ts";
import type { Storage } from "../storage/storage.ts";

export interface PopulationOptions {
  /** The pods are spread evenly over these. */
  readonly namespaces: readonly string[];
  readonly pods: number;
  /** The share of pods in a crash loop, from 0 to 1; default 0.03. */
  readonly crashLooping?: number;
}

export interface Population {
  readonly size: number;
  /** Changes one pod: its readiness flips. Returns the new resourceVersion. */
  touch(index: number): string;
}

/** Pods per workload. */
const REPLICAS = 10;
const NODES = 100;
const SHAPES = ["single", "double", "crashing"] as const;
type Shape = (typeof SHAPES)[number];

/** Adds pods as if they had existed for a long time. */
export function populate(storage: Storage, clock: Clock, options: PopulationOptions): Population {
  const { namespaces, pods, crashLooping = 0.03 } = options;
  // Revisions have the same number of digits from here on, because they replace one another in the bytes.
  storage.advance(10 ** Math.max(7, String(storage.revision() + 4 * pods).length) - storage.revision());
  const prints = new Map<string, Print>();
  const printOf = (namespace: string, shape: Shape, ready: boolean): Print => {
    const key = `${namespace}/${shape}/${ready}`;
    const print = prints.get(key) ?? createPrint(namespace, shape, ready, clock);
    prints.set(key, print);
    return print;
  };
  const shapeOf = (index: number): Shape => {
    if (Math.floor((index + 1) * crashLooping) > Math.floor(index * crashLooping)) return "crashing";
    return index % 3 === 0 ? "double" : "single";
  };
  const versions = new Uint32Array(pods);
  const entry = (index: number, revision: number): Stored<Pod> => {
    const namespace = namespaces[index % namespaces.length] ?? "default";
    const ready = (versions[index] ?? 0) % 2 === 0;
    const at = clock.now();
    const values = () => valuesOf(index, storage.resourceVersion(revision), at);
    return printedEntry(printOf(namespace, shapeOf(index), ready), nameOf(index), values, namespace, revision);
  };
  const first = storage.revision();
  storage.pods.load(Array.from({ length: pods }, (_, index) => entry(index, first + 1 + index)));
  return {
    size: pods,
    touch: (index) => {
      versions[index] = (versions[index] ?? 0) + 1;
      const written = storage.pods.write((revision) => entry(index, revision));
      return storage.resourceVersion(written.revision);
    },
  };
}

// ─── Generating ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The values that differ between pods. Each has the same length as its placeholder. */
type Values = Readonly<Record<keyof typeof PLACEHOLDERS, string>>;

const PLACEHOLDERS = {
  workload: "svc-WRKLD",
  suffix: "-SFFX0",
  uid: "11111111-aaaa-4bbb-8ccc-222222222222",
  ownerUid: "33333333-dddd-4eee-9fff-444444444444",
  containerID: `containerd://${"5".repeat(64)}`,
  node: "worker-NDE",
  resourceVersion: "91234567",
  time: "2001-02-03T04:05:06Z",
};

function number(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function workloadOf(index: number): string {
  return `svc-${number(Math.floor(index / REPLICAS) % 100_000, 5)}`;
}

function suffixOf(index: number): string {
  return `-${(index % 60_466_176).toString(36).padStart(5, "0")}`;
}

function nameOf(index: number): string {
  return `${workloadOf(index)}-7d9f8b6c5${suffixOf(index)}`;
}

function valuesOf(index: number, resourceVersion: string, now: Instant): Values {
  const workload = Math.floor(index / REPLICAS);
  const random = scrambled(index);
  return {
    workload: workloadOf(index),
    suffix: suffixOf(index),
    uid: `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`,
    ownerUid: `${number(workload, 8)}-0000-4000-8000-000000000000`,
    containerID: `containerd://${hex(random, 8).repeat(8)}`,
    node: `worker-${number(index % NODES, 3)}`,
    resourceVersion,
    time: timestamp(now),
  };
}

interface Print {
  readonly json: Plate;
  readonly protobuf: Plate;
}

/** The bytes of a prototype, and the offsets of the values in them. */
interface Plate {
  readonly bytes: Buffer;
  readonly places: readonly { readonly value: keyof Values; readonly at: number }[];
}

function createPrint(namespace: string, shape: Shape, ready: boolean, clock: Clock): Print {
  const pod = buildPrototype(namespace, shape, ready, clock);
  return { json: plateOf(jsonBytes(pod).subarray(1)), protobuf: plateOf(protobufBytes("pods", pod), true) };
}

function plateOf(bytes: Buffer, protobuf = false): Plate {
  const places: { value: keyof Values; at: number }[] = [];
  for (const [value, text] of Object.entries(PLACEHOLDERS) as [keyof Values, string][]) {
    // Protobuf encodes times as numbers, so they stay those of the prototype.
    if (protobuf && value === "time") continue;
    for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) places.push({ value, at });
  }
  return { bytes, places };
}

function printed({ bytes, places }: Plate, values: () => Values): Encoded {
  return {
    length: bytes.length,
    copy: (target: Buffer, at) => {
      bytes.copy(target, at);
      const written = values();
      for (const place of places) target.write(written[place.value], at + place.at, "latin1");
    },
  };
}

function printedEntry(
  { json, protobuf }: Print,
  name: string,
  values: () => Values,
  namespace: string,
  revision: number,
): Stored<Pod> {
  return {
    namespace,
    name,
    revision,
    get object() {
      return JSON.parse(`{${joined([printed(json, values)])}`) as Pod;
    },
    json: () => printed(json, values),
    protobuf: () => printed(protobuf, values),
  };
}

// ─── Prototypes ──────────────────────────────────────────────────────────────────────────────────────────────────

function buildPrototype(namespace: string, shape: Shape, ready: boolean, clock: Clock): Pod {
  const { workload, suffix, uid, ownerUid, resourceVersion, node, time } = PLACEHOLDERS;
  const containers: readonly ContainerTemplate[] = [
    { name: "app", image: "registry.example.com/shop/app:4.11.2", memoryLimit: "512Mi" },
    ...(shape === "double" ? [{ name: "proxy", image: "registry.example.com/platform/envoy:1.33.0" }] : []),
  ];
  const set = `${workload}-7d9f8b6c5`;
  const built = buildPod(
    {
      namespace,
      name: `${set}${suffix}`,
      generateName: `${set}-`,
      owner: {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: set,
        uid: ownerUid,
        controller: true,
        blockOwnerDeletion: true,
      },
    },
    { containers, realistic: true, labels: { app: workload, "pod-template-hash": "7d9f8b6c5" } },
    clock.now(),
    scrambled(0),
  );
  const since = Date.parse(time);
  const scheduled = { type: "PodScheduled", status: "True" as const, lastProbeTime: null, lastTransitionTime: time };
  const pod: Pod = {
    ...built,
    metadata: { ...built.metadata, uid, resourceVersion, creationTimestamp: time },
    spec: { ...built.spec, nodeName: node },
  };
  const status = podStatus(
    { phase: "Running", conditions: [scheduled], qosClass: "Burstable" },
    {
      containers: containers.map(({ name, image = "" }) => viewOf(name, image, shape, ready, since)),
      restartPolicy: "Always",
      sandboxReady: true,
      initialized: true,
      over: false,
      startedAt: since,
      podIP: "10.128.2.41",
      hostIP: "10.0.0.17",
      failure: undefined,
    },
    since,
  );
  const whole = { ...pod, status };
  return { ...whole, metadata: { ...whole.metadata, managedFields: managedFields(whole, time, time) } };
}

function viewOf(name: string, image: string, shape: Shape, ready: boolean, since: Instant): ContainerView {
  const run = {
    containerID: PLACEHOLDERS.containerID,
    imageID: `registry.example.com/shop/app@sha256:${"ab".repeat(32)}`,
    startedAt: since,
  };
  const common = { name, type: "main" as const, image, previous: undefined };
  if (shape !== "crashing") {
    return { ...common, restartCount: 0, run: { ...run, end: undefined }, waiting: undefined, ready };
  }
  return {
    ...common,
    restartCount: 7,
    run: { ...run, end: { finishedAt: since, exitCode: 1, reason: "Error", message: "cannot reach database" } },
    waiting: { reason: "CrashLoopBackOff", message: `back-off 5m0s restarting failed container=${name}` },
    ready: false,
  };
}

/** Random numbers for a seed: a pod has the same IDs each time it is generated. */
function scrambled(seed: number): () => number {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x85ebca6b) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return state / 2 ** 32;
  };
}
