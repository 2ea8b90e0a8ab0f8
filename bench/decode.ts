/**
 * Cost of decoding pods: our protobuf and JSON decoders against JSON.parse plus a projection of its objects, which is how
 * a client without its own decoders works. All three produce the same snapshots from the same recorded events. They
 * alternate in one process; CPU time is measured, garbage collection included.
 *
 *   npm run bench -- decode [ROUNDS]
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { populate } from "@pod-watcher/simulator/bench/population";
import { jsonEncoding } from "@pod-watcher/simulator/encode/json";
import { batched } from "@pod-watcher/simulator/encode/pieces";
import { protobufEncoding } from "@pod-watcher/simulator/encode/protobuf";
import type { Encoding } from "@pod-watcher/simulator/encode/types";
import { createStorage } from "@pod-watcher/simulator/storage/storage";
import { createListDecoder, createWatchDecoder } from "../src/kubernetes/decode/decoder.ts";
import { createInterner } from "../src/kubernetes/decode/interner.ts";
import { takePod } from "../src/kubernetes/decode/json-pod.ts";
import { packPod } from "../src/kubernetes/decode/packed-pod.ts";
import { newPodDraft } from "../src/kubernetes/decode/pod-draft.ts";
import { ProtobufReader } from "../src/kubernetes/decode/protobuf-reader.ts";
import type { DecodeSink } from "../src/kubernetes/decode/types.ts";
import { systemClock } from "../src/ports/system-clock.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const JSON_TYPE = "application/json";
/** Chosen so that a pass takes a few hundred milliseconds. */
const COPIES = 200;
const CHUNK = 64 << 10;

const rounds = Number(process.argv[2] ?? 15);

function recording(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../test/fixtures/recordings/${name}.gz`, import.meta.url)));
}

interface Method {
  readonly name: string;
  readonly bytes: number;
  /** One pass over all pods; returns their number. */
  run(): number;
}

function counting(): DecodeSink & { pods: number } {
  const sink = { pods: 0, pod: () => void sink.pods++, bookmark: () => void sink.pods++, error: () => {} };
  return sink;
}

function inChunks(body: Buffer, push: (chunk: Buffer) => void): void {
  for (let at = 0; at < body.length; at += CHUNK) push(body.subarray(at, at + CHUNK));
}

/** The peer: the bytes of a response, in the chunks of the socket, to text, to objects, to the same snapshots. */
function parseAndProject(body: Buffer, copies: number, podsOf: (text: string) => Iterable<object>): Method {
  const interner = createInterner();
  return {
    name: "JSON.parse + projection",
    bytes: body.length * copies,
    run() {
      let pods = 0;
      for (let copy = 0; copy < copies; copy++) {
        const decoder = new TextDecoder();
        let text = "";
        inChunks(body, (chunk) => {
          text += decoder.decode(chunk, { stream: true });
        });
        for (const pod of podsOf(text)) {
          const draft = newPodDraft();
          takePod(pod as Readonly<Record<string, unknown>>, draft, interner);
          packPod(draft, interner);
          pods++;
        }
      }
      return pods;
    },
  };
}

function watching(name: string, contentType: string, body: Buffer): Method {
  const interner = createInterner();
  return {
    name,
    bytes: body.length * COPIES,
    run() {
      const sink = counting();
      const decoder = createWatchDecoder(contentType, sink, interner);
      for (let copy = 0; copy < COPIES; copy++) inChunks(body, (chunk) => decoder.push(chunk));
      decoder.end();
      return sink.pods;
    },
  };
}

function listing(name: string, contentType: string, body: Buffer): Method {
  const interner = createInterner();
  return {
    name,
    bytes: body.length,
    run() {
      const sink = counting();
      const decoder = createListDecoder(contentType, sink, interner);
      inChunks(body, (chunk) => decoder.push(chunk));
      decoder.end();
      return sink.pods;
    },
  };
}

/** CPU microseconds per pod of each method: the median of the rounds, in which the methods alternate. */
function measure(methods: readonly Method[]): readonly number[] {
  const samples = methods.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    methods.forEach((method, index) => {
      const before = process.cpuUsage();
      const pods = method.run();
      const { user, system } = process.cpuUsage(before);
      // The first rounds compile the code.
      if (round >= 3 || rounds <= 3) samples[index]!.push((user + system) / pods);
    });
  }
  return samples.map((values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!);
}

function report(title: string, methods: readonly Method[]): void {
  const pods = methods[0]!.run();
  for (const method of methods) {
    if (method.run() !== pods) throw new Error(`${method.name} read a different number of pods`);
  }
  const [peer, ...ours] = measure(methods) as [number, ...number[]];
  console.log(`\n${title}: ${pods} pods a pass, median of ${rounds} rounds`);
  [peer, ...ours].forEach((cost, index) => {
    const { name, bytes } = methods[index]!;
    const rate = (bytes / pods / cost).toFixed(0);
    console.log(
      `  ${name.padEnd(26)} ${cost.toFixed(1).padStart(6)} µs/pod ${rate.padStart(5)} MB/s  ${(peer / cost).toFixed(1)} × the peer`,
    );
  });
}

/** The recorded list with its items many times over. Kubernetes numbers: PodList{1 metadata, 2 items}. */
function longList(): { readonly json: Buffer; readonly protobuf: Buffer } {
  // The recording is indented; the API server indents only for browsers and curl.
  const { items, ...rest } = JSON.parse(recording("pods.shop.list.json").toString("utf8"));
  const text = items.map((item: unknown) => JSON.stringify(item)).join(",");
  const json = `${JSON.stringify(rest).slice(0, -1)},"items":[${Array(COPIES).fill(text).join(",")}]}`;

  const recorded = recording("pods.shop.list.pb");
  const reader = new ProtobufReader();
  reader.reset(recorded, 4, recorded.length, 0);
  reader.skip(reader.tag());
  const beforeList = reader.at;
  reader.enter(reader.tag());
  const list = recorded.subarray(reader.at, reader.end);
  reader.reset(list, 0, list.length, 0);
  reader.skip(reader.tag());
  const pods = Array<Buffer>(COPIES).fill(list.subarray(reader.at));
  const raw = Buffer.concat([list.subarray(0, reader.at), ...pods]);
  return {
    json: Buffer.from(json),
    protobuf: Buffer.concat([recorded.subarray(0, beforeList), Buffer.from([0x12]), varint(raw.length), raw]),
  };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

const watchJson = recording("pods.shop.watch.json");
report("watch, recorded", [
  parseAndProject(watchJson, COPIES, function* (text) {
    for (const line of text.split("\n")) if (line !== "") yield JSON.parse(line).object;
  }),
  watching("JSON decoder", JSON_TYPE, watchJson),
  watching("protobuf decoder", `${PROTOBUF};stream=watch`, recording("pods.shop.watch.pb")),
]);

const { json, protobuf } = longList();
report("list, recorded", [
  parseAndProject(json, 1, (text) => JSON.parse(text).items),
  listing("JSON decoder", JSON_TYPE, json),
  listing("protobuf decoder", PROTOBUF, protobuf),
]);

/** Pods as large as OpenShift's (annotations, environment, probes, volumes, managed fields), from the simulator. */
function largePods(): { readonly json: Buffer; readonly protobuf: Buffer } {
  const storage = createStorage({ clock: systemClock });
  populate(storage, systemClock, { namespaces: ["load"], pods: 4_000 });
  const entries = storage.pods.entries();
  const body = (encoding: Encoding) => {
    const meta = { resourceVersion: storage.resourceVersion(storage.revision()) };
    return Buffer.concat([...batched(encoding.list("pods", meta, entries))]);
  };
  return { json: body(jsonEncoding), protobuf: body(protobufEncoding) };
}

const large = largePods();
report(`list of pods of ${(large.json.length / 4_000 / 1_024).toFixed(1)} KB`, [
  parseAndProject(large.json, 1, (text) => JSON.parse(text).items),
  listing("JSON decoder", JSON_TYPE, large.json),
  listing("protobuf decoder", PROTOBUF, large.protobuf),
]);
