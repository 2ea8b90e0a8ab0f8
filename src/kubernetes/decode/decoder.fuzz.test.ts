import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  decodeEnvelope,
  decodeEvent,
  decodePod,
  encodeFrame,
  encodeObject,
  encodePod,
  envelope,
  framed,
  InvalidProtobuf,
  POD,
  POD_LIST,
} from "../../../test/support/pod-protobuf.ts";
import { DecodeError } from "./decode-error.ts";
import { createListDecoder, createWatchDecoder } from "./decoder.ts";
import { createInterner } from "./interner.ts";
import { plainPod } from "./packed-pod.ts";

/** `POD_WATCHER_TEST_FUZZ=600` reads more than a million broken frames and lines; what was found is kept below. */
const TIMES = Number(process.env.POD_WATCHER_TEST_FUZZ ?? 1);
vi.setConfig({ testTimeout: 90_000 * TIMES });
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const JSON_TYPE = "application/json";

const recording = (name: string): Buffer =>
  gunzipSync(readFileSync(new URL(`../../../test/fixtures/recordings/${name}.gz`, import.meta.url)));

/** Everything that a decoder reports, and how it ends. Two decoders must agree on it. */
type Outcome = readonly unknown[];

function decoded(contentType: string, chunks: Iterable<Uint8Array>): Outcome {
  const decoded: unknown[] = [];
  const decoder = createWatchDecoder(
    contentType,
    {
      pod: (type, pod) => void decoded.push([type, plainPod(pod)]),
      bookmark: (version, isEnd) => void decoded.push(["BOOKMARK", version, isEnd]),
      error: (status) => void decoded.push(["ERROR", status]),
    },
    createInterner(64),
  );
  try {
    for (const chunk of chunks) decoder.push(chunk);
    decoder.end();
  } catch (error) {
    // Whatever else is thrown fails the test.
    if (!(error instanceof DecodeError)) throw error;
    decoded.push("DecodeError");
  }
  return decoded;
}

function listed(contentType: string, chunks: Iterable<Uint8Array>): Outcome {
  const decoded: unknown[] = [];
  const decoder = createListDecoder(
    contentType,
    { pod: (_type, pod) => decoded.push(plainPod(pod)) },
    createInterner(64),
  );
  try {
    for (const chunk of chunks) decoder.push(chunk);
    decoded.push(decoder.end());
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    decoded.push("DecodeError");
  }
  return decoded;
}

/** The meaning of a frame's payload: the reference converts it to JSON for the JSON decoder. */
function expected(payload: Buffer): Outcome {
  try {
    const { type, object } = decodeEvent(payload);
    const { kind, raw } = decodeEnvelope(object);
    const isKnown = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"].includes(type);
    if (!isKnown || kind !== "Pod") return ["DecodeError"];
    const line = JSON.stringify({ type, object: { ...decodePod(raw), kind } });
    return decoded(JSON_TYPE, [Buffer.from(line), Buffer.from("\n")]);
  } catch (error) {
    if (!(error instanceof InvalidProtobuf)) throw error;
    return ["DecodeError"];
  }
}

// ─── Mutations ───────────────────────────────────────────────────────────────────────────────────────────────────

type Mutation =
  | { readonly how: "set" | "insert"; readonly at: number; readonly byte: number }
  | { readonly how: "flip"; readonly at: number; readonly bit: number }
  | { readonly how: "cut" | "remove" | "repeat"; readonly at: number; readonly length: number };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ how: fc.constantFrom("set" as const, "insert" as const), at, byte: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ how: fc.constant("flip" as const), at, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({
    how: fc.constantFrom("cut" as const, "remove" as const, "repeat" as const),
    at,
    length: fc.integer({ min: 1, max: 40 }),
  }),
);

function mutated(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  let now = Buffer.from(bytes);
  for (const change of mutations) {
    const place = Math.min(now.length - 1, Math.floor(change.at * now.length));
    if (place < 0) return now;
    const before = now.subarray(0, place);
    switch (change.how) {
      case "set":
        now = Buffer.concat([before, Buffer.from([change.byte]), now.subarray(place + 1)]);
        break;
      case "insert":
        now = Buffer.concat([before, Buffer.from([change.byte]), now.subarray(place)]);
        break;
      case "flip":
        now = Buffer.concat([before, Buffer.from([now[place]! ^ (1 << change.bit)]), now.subarray(place + 1)]);
        break;
      case "cut":
        now = Buffer.from(before);
        break;
      case "remove":
        now = Buffer.concat([before, now.subarray(place + change.length)]);
        break;
      case "repeat": {
        const piece = now.subarray(place, place + change.length);
        now = Buffer.concat([before, piece, piece, now.subarray(place + piece.length)]);
        break;
      }
    }
  }
  return now;
}

function* inChunks(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let start = 0;
  for (let turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 8 });

// ─── Generated pods ──────────────────────────────────────────────────────────────────────────────────────────────

const text = fc.oneof(
  fc.constantFrom("", "Ready", "app", "Completed", "containerd://0123456789abcdef0123", "Zürich ☃ 🎉"),
  fc.string({ unit: "binary-ascii", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
);
const name = fc.constantFrom("app", "db", "proxy", "migrate", "sidecar", "ünïcode");
const time = fc.oneof(
  fc.constantFrom(null, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "9999-12-31T23:59:59Z"),
  fc.integer({ min: 1, max: 4_102_444_800 }).map((seconds) => new Date(seconds * 1_000).toISOString()),
);
const int32 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const few = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 4 });

const terminated = fc.record({
  exitCode: int32,
  signal: some(int32),
  reason: some(text),
  message: some(text),
  startedAt: time,
  finishedAt: time,
  containerID: some(text),
});
const state = fc.oneof(
  fc.constant({}),
  fc.record({ running: fc.record({ startedAt: time }) }),
  fc.record({ waiting: fc.record({ reason: some(text), message: some(text) }) }),
  fc.record({ terminated }),
);
const container = fc.record({
  name,
  image: some(text),
  restartPolicy: some(fc.constantFrom("Always", "Never", "OnFailure", "LaterKubernetes")),
  restartPolicyRules: some(
    few(
      fc.record({
        action: fc.constantFrom("Restart", "RestartAllContainers"),
        exitCodes: some(fc.record({ operator: some(fc.constantFrom("In", "NotIn")), values: some(few(int32)) })),
      }),
    ),
  ),
  resizePolicy: some(few(fc.record({ restartPolicy: some(fc.constantFrom("NotRequired", "RestartContainer")) }))),
  startupProbe: some(fc.constant({})),
});
const containerStatus = fc.record({
  name,
  state: some(state),
  lastState: some(state),
  ready: some(fc.boolean()),
  started: some(fc.boolean()),
  restartCount: some(int32),
  imageID: some(text),
  containerID: some(text),
});
const pod = fc.record({
  metadata: fc.record({
    name: fc.constantFrom("web-0", "checkout-65f56cb97f-8p8z2"),
    namespace: fc.constantFrom("shop", "blog"),
    uid: fc.uuid(),
    resourceVersion: fc.integer({ min: 1 }).map(String),
    creationTimestamp: time,
    deletionTimestamp: some(time),
    deletionGracePeriodSeconds: some(int32),
    generation: some(fc.integer({ min: 0, max: 3 })),
    labels: some(fc.dictionary(fc.constantFrom("app", "pod-template-hash", "openshift.io/build.name"), text)),
    annotations: some(
      fc.dictionary(
        fc.constantFrom(
          "pod-watcher.io/threshold",
          "pod-watcher.io/",
          "note",
          "openshift.io/deployment-config.name",
          "batch.kubernetes.io/job-completion-index",
        ),
        text,
      ),
    ),
    ownerReferences: some(
      few(
        fc.record({
          kind: fc.constantFrom("ReplicaSet", "Job", "Node"),
          name: fc.constantFrom("checkout-65f56cb97f", "report-29900000", "n1", ""),
          controller: some(fc.boolean()),
        }),
      ),
    ),
  }),
  spec: fc.record({
    restartPolicy: some(fc.constantFrom("Always", "Never", "OnFailure", "LaterKubernetes")),
    activeDeadlineSeconds: some(fc.integer({ min: 0, max: 3 })),
    nodeName: some(text),
    schedulerName: some(fc.constantFrom("default-scheduler", "batch-scheduler", "")),
    volumes: some(few(fc.record({ image: some(fc.record({ reference: some(text) })) }))),
    containers: few(container),
    initContainers: some(few(container)),
    ephemeralContainers: some(few(container)),
  }),
  status: fc.record({
    phase: some(fc.constantFrom("Running", "Pending", "LaterKubernetes", "")),
    reason: some(text),
    message: some(text),
    startTime: some(time),
    observedGeneration: some(fc.integer({ min: 0, max: 3 })),
    conditions: some(
      few(
        fc.record({
          type: fc.constantFrom(
            "Ready",
            "PodScheduled",
            "DisruptionTarget",
            "PodReadyToStartContainers",
            "PodResizePending",
            "",
          ),
          status: fc.constantFrom("True", "False", "Unknown", "LaterKubernetes", ""),
          lastTransitionTime: time,
          reason: some(text),
          message: some(text),
        }),
      ),
    ),
    containerStatuses: some(few(containerStatus)),
    initContainerStatuses: some(few(containerStatus)),
    ephemeralContainerStatuses: some(few(containerStatus)),
  }),
});

// ─── The properties ──────────────────────────────────────────────────────────────────────────────────────────────

/** The recorded events once as they are, and once reduced to what is read, so that most mutations hit something. */
function recordedPayloads(): readonly Buffer[] {
  const stream = recording("pods.shop.watchlist.pb");
  const payloads: Buffer[] = [];
  for (let start = 0; start < stream.length; start += 4 + stream.readUInt32BE(start)) {
    payloads.push(stream.subarray(start + 4, start + 4 + stream.readUInt32BE(start)));
  }
  const reduced = payloads.map((payload) => {
    const { type, object } = decodeEvent(payload);
    const { kind, raw } = decodeEnvelope(object);
    return encodeFrame(type, envelope(kind, encodePod(decodePod(raw)))).subarray(4);
  });
  return [...payloads, ...reduced];
}

// Seconds on a free machine; on one that is busy with other tests, more than a test is given otherwise.
vi.setConfig({ testTimeout: 90_000 });

describe("the two decoders", () => {
  it("agree on every generated pod, in any chunks", () => {
    fc.assert(
      fc.property(fc.array(pod, { minLength: 1, maxLength: 3 }), chunkSizes, (pods, sizes) => {
        const lines = pods.map(
          (object) => `${JSON.stringify({ type: "MODIFIED", object: { ...object, kind: "Pod" } })}\n`,
        );
        const frames = pods.map((object) => encodeFrame("MODIFIED", encodeObject("Pod", POD, object)));
        const fromJson = decoded(JSON_TYPE, inChunks(Buffer.from(lines.join("")), sizes));
        expect(fromJson).not.toContain("DecodeError");
        expect(decoded(PROTOBUF, inChunks(Buffer.concat(frames), sizes))).toEqual(fromJson);
        const list = { kind: "PodList", metadata: { resourceVersion: "7", continue: "next" }, items: pods };
        const listedJson = listed(JSON_TYPE, inChunks(Buffer.from(JSON.stringify(list)), sizes));
        expect(listed(PROTOBUF, inChunks(encodeObject("PodList", POD_LIST, list), sizes))).toEqual(listedJson);
        expect(listedJson).toEqual([
          ...fromJson.map((event) => (event as unknown[])[1]),
          { resourceVersion: "7", continue: "next", count: pods.length },
        ]);
      }),
      { numRuns: 80 * TIMES },
    );
  });
});

describe("the protobuf decoder", () => {
  const payloads = recordedPayloads();

  it("reads broken frames as the reference does, or reports them as broken", () => {
    fc.assert(
      fc.property(
        fc.nat(payloads.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        fc.nat(4_000),
        (index, mutations, split) => {
          const payload = mutated(payloads[index]!, mutations);
          const frame = framed(payload);
          expect(decoded(PROTOBUF, [frame.subarray(0, split), frame.subarray(split)])).toEqual(expected(payload));
        },
      ),
      { numRuns: 800 * TIMES },
    );
  });

  it.each([
    // A bookmark without a kind, which two fields for the encoding hide.
    "CghCT09LTUFSSxIzCjFrOHMAGgkKAnYxEgMIb2QSHAoMCgAaACoAMgQzMzkwEgQaAFIAGgYKABoAIgAaACIA",
    // A bookmark with its kind in the first of two places for it.
    encodeFrame(
      "BOOKMARK",
      Buffer.concat([encodeObject("Pod", POD, { metadata: { resourceVersion: "8" } }), Buffer.from([0x0a, 0])]),
    )
      .subarray(4)
      .toString("base64"),
    // An event with two objects, of which the second is empty: messages that come twice are put together.
    "CghCT09LTUFSSxIzCjFrOHMACgkKAnYxEgNQb2QSHAoMCgAaACoAMgQzMzkwEgQaAFIAGgYKABoAIgAaACoAMgQzMzkwEgAaACIA",
  ])("reads earlier failures of this test as the reference does: %s", (found) => {
    const payload = Buffer.from(found, "base64");
    expect(decoded(PROTOBUF, [framed(payload)])).toEqual(expected(payload));
  });

  it("never reports a pod that was not in a broken list", () => {
    const body = recording("pods.shop.list.pb");
    const whole = new Set(listed(PROTOBUF, [body]).map((item) => JSON.stringify(item)));
    fc.assert(
      fc.property(mutation, chunkSizes, (change, sizes) => {
        const decoded = listed(PROTOBUF, inChunks(mutated(body, [change]), sizes));
        // A change inside a pod makes another pod of it, and at most of that one.
        const strange = decoded.filter((item) => item !== "DecodeError" && !whole.has(JSON.stringify(item)));
        expect(strange.length).toBeLessThanOrEqual(2);
        if (change.how === "cut" && change.at < 0.99) expect(decoded.at(-1)).toBe("DecodeError");
      }),
      { numRuns: 80 * TIMES },
    );
  });
});

describe("the JSON decoder", () => {
  const lines = recording("pods.shop.watch.json").toString("utf8").trimEnd().split("\n");
  const reduced = lines.map((line) => {
    const event = JSON.parse(line);
    delete event.object.metadata.managedFields;
    return Buffer.from(JSON.stringify(event));
  });

  it("reads broken lines as JSON.parse does, or reports them as broken", () => {
    fc.assert(
      fc.property(
        fc.nat(reduced.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        fc.nat(4_000),
        (index, mutations, split) => {
          // A line feed would make two lines of it.
          const line = Buffer.from(mutated(reduced[index]!, mutations).map((byte) => (byte === 0x0a ? 0x20 : byte)));
          const ours = decoded(JSON_TYPE, [line.subarray(0, split), line.subarray(split), Buffer.from("\n")]);
          let parsed: unknown;
          try {
            parsed = JSON.parse(line.toString("utf8"));
          } catch {
            expect(ours).toEqual(line.toString("utf8").trim() === "" ? [] : ["DecodeError"]);
            return;
          }
          expect(ours).toEqual(decoded(JSON_TYPE, [Buffer.from(`${JSON.stringify(parsed)}\n`)]));
        },
      ),
      { numRuns: 800 * TIMES },
    );
  });

  it("removes only the list of managed fields from a line", () => {
    const lying = {
      type: "ADDED",
      object: {
        kind: "Pod",
        metadata: {
          annotations: { "pod-watcher.io/x": '{"managedFields":[1,"]"]}', '"managedFields":[': "" },
          managedFields: [{ a: '"],"name":"wrong","b":["' }, [["]", "\\"]]],
          name: "right",
          namespace: "shop",
          uid: "u",
          resourceVersion: "1",
        },
      },
    };
    const [event] = decoded(JSON_TYPE, [Buffer.from(`${JSON.stringify(lying)}\n`)]);
    expect((event as unknown[])[1]).toMatchObject({
      name: "right",
      annotations: { x: '{"managedFields":[1,"]"]}' },
    });
  });
});
