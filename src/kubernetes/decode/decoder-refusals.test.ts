import { describe, expect, it } from "vitest";
import {
  API_STATUS,
  encodeFrame,
  encodeObject,
  framed,
  POD,
  POD_LIST,
  varint,
} from "../../../test/support/pod-protobuf.ts";
import { DecodeError } from "./decode-error.ts";
import { createListDecoder, createWatchDecoder, decodeStatus } from "./decoder.ts";
import { createInterner } from "./interner.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const JSON_TYPE = "application/json";
const interner = createInterner();

const pod = {
  metadata: {
    name: "web-0",
    namespace: "shop",
    uid: "u",
    resourceVersion: "7",
    creationTimestamp: "2026-11-22T11:00:00Z",
  },
};
const status = {
  code: 410,
  reason: "Expired",
  message: "too old resource version: 1 (2)",
  details: { retryAfterSeconds: 7, causes: [{ reason: "ResourceVersionTooLarge" }, { message: "x" }] },
};
const decodedStatus = { ...status, details: undefined, retryAfterSeconds: 7, causes: ["ResourceVersionTooLarge"] };

const line = (type: string, kind: string, object: object) =>
  Buffer.from(`${JSON.stringify({ type, object: { kind, apiVersion: "v1", ...object } })}\n`);
const frame = (type: string, kind: string, object: object) =>
  encodeFrame(type, encodeObject(kind, kind === "Status" ? API_STATUS : POD, object));

function watching(contentType: string) {
  const seen: unknown[] = [];
  const decoder = createWatchDecoder(
    contentType,
    {
      pod: (type, { name }) => void seen.push([type, name]),
      bookmark: (version, isEnd) => void seen.push([version, isEnd]),
      error: (error) => void seen.push(error),
    },
    interner,
  );
  return { seen, decoder };
}

function listing(contentType: string) {
  const seen: string[] = [];
  return {
    seen,
    decoder: createListDecoder(contentType, { pod: (_type, { name }) => void seen.push(name) }, interner),
  };
}

describe.each([
  ["JSON", `${JSON_TYPE};stream=watch`, line],
  ["protobuf", `${PROTOBUF};stream=watch`, frame],
])("a watch in %s", (_format, contentType, event) => {
  it("reports pods, bookmarks and errors", () => {
    const { seen, decoder } = watching(contentType);
    const end = { metadata: { resourceVersion: "9", annotations: { "k8s.io/initial-events-end": "true" } } };
    const events = [
      event("ADDED", "Pod", pod),
      event("BOOKMARK", "Pod", { metadata: { resourceVersion: "8" } }),
      event("BOOKMARK", "Pod", end),
      event("DELETED", "Pod", pod),
      event("ERROR", "Status", status),
    ];
    decoder.push(Buffer.concat(events));
    decoder.end();
    expect(seen).toEqual([["ADDED", "web-0"], ["8", false], ["9", true], ["DELETED", "web-0"], decodedStatus]);
  });

  it.each<[what: string, type: string, kind: string, object: object, message: string]>([
    ["an unknown type", "FOO", "Pod", pod, 'an event of the unknown type "FOO"'],
    [
      "another kind",
      "ADDED",
      "PartialObjectMetadata",
      pod,
      "an event of kind PartialObjectMetadata in a watch of pods",
    ],
    [
      "a bookmark of another kind",
      "BOOKMARK",
      "Node",
      { metadata: { resourceVersion: "8" } },
      "an event of kind Node in a watch of pods",
    ],
    ["an error that is not a Status", "ERROR", "Pod", pod, "an ERROR event of kind Pod"],
    [
      "a bookmark without a version",
      "BOOKMARK",
      "Pod",
      { metadata: {} },
      "a bookmark without metadata.resourceVersion",
    ],
    ["a pod without a UID", "ADDED", "Pod", { metadata: { ...pod.metadata, uid: "" } }, "a pod without metadata.uid"],
    [
      "a pod without a name",
      "ADDED",
      "Pod",
      { metadata: { ...pod.metadata, name: "" } },
      "a pod without metadata.name",
    ],
    [
      "a pod without a namespace",
      "ADDED",
      "Pod",
      { metadata: { ...pod.metadata, namespace: "" } },
      "a pod without metadata.namespace",
    ],
    [
      "a pod without a version",
      "ADDED",
      "Pod",
      { metadata: { ...pod.metadata, resourceVersion: "" } },
      "a pod without metadata.resourceVersion",
    ],
  ])("stops at %s, and applies nothing that follows", (_what, type, kind, object, message) => {
    const { seen, decoder } = watching(contentType);
    const good = event("ADDED", "Pod", pod);
    const bad = Buffer.concat([good, event(type, kind, object), good]);
    expect(() => decoder.push(bad)).toThrow(message);
    expect(() => decoder.push(good)).toThrow(message);
    expect(() => decoder.end()).toThrow(DecodeError);
    expect(seen).toEqual([["ADDED", "web-0"]]);
  });

  it("reports where in the stream it stopped", () => {
    const { decoder } = watching(contentType);
    const good = event("ADDED", "Pod", pod);
    decoder.push(good);
    try {
      decoder.push(event("FOO", "Pod", pod));
    } catch (error) {
      expect((error as DecodeError).offset).toBeGreaterThanOrEqual(good.length);
      expect((error as DecodeError).offset).toBeLessThan(good.length + event("FOO", "Pod", pod).length);
    }
    expect.assertions(2);
  });

  it("reports a stream that ends inside an event", () => {
    const bytes = event("ADDED", "Pod", pod);
    const { decoder } = watching(contentType);
    decoder.push(bytes.subarray(0, bytes.length - 5));
    expect(() => decoder.end()).toThrow(/the stream ends inside (an event|a frame)/);
  });

  it("accepts an event of 8 MiB in chunks", () => {
    const huge = event("ADDED", "Pod", { ...pod, status: { message: "x".repeat(8 << 20) } });
    const { seen, decoder } = watching(contentType);
    for (let at = 0; at < huge.length; at += 1 << 16) decoder.push(huge.subarray(at, at + (1 << 16)));
    expect(seen).toEqual([["ADDED", "web-0"]]);
  });

  it("rethrows errors of the sink, and reads nothing more", () => {
    const decoder = createWatchDecoder(
      contentType,
      {
        pod: () => {
          throw new RangeError("from the sink");
        },
        bookmark: () => {},
        error: () => {},
      },
      interner,
    );
    expect(() => decoder.push(event("ADDED", "Pod", pod))).toThrow(RangeError);
    expect(() => decoder.push(event("ADDED", "Pod", pod))).toThrow(RangeError);
  });
});

describe("a watch in protobuf", () => {
  it("refuses a frame of more than 64 MiB by its first four bytes", () => {
    const { decoder } = watching(PROTOBUF);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decoder.push(Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toThrow(
      "a frame of 2147483647 bytes, more than 67108864",
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it("does not allocate the announced length of a frame before its bytes arrive", () => {
    const { decoder } = watching(PROTOBUF);
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(Buffer.from([0x03, 0xff, 0xff, 0xff, 1, 2, 3]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it.each<[what: string, payload: Buffer]>([
    ["a field without a number", Buffer.from([0x02, 0])],
    ["the message ends inside a number", Buffer.from([0x80])],
    ["a tag or length of 2 GiB or more", Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ["a field of 5 bytes with 1 bytes left", Buffer.from([0x0a, 5, 0])],
    ["field 1 has wire type 0 instead of 2", Buffer.from([0x08, 0])],
    ["a field of wire type 3", Buffer.from([0x1b])],
    ["an object that does not start with the protobuf magic", Buffer.from([0x12, 3, 0x0a, 1, 0x6b])],
  ])("says %s", (message, payload) => {
    expect(() => watching(PROTOBUF).decoder.push(framed(payload))).toThrow(message);
  });

  it("rejects compressed objects", () => {
    const packed = Buffer.concat([
      encodeObject("Pod", POD, pod).subarray(0, -4),
      Buffer.from([0x1a, 4]),
      Buffer.from("gzip"),
    ]);
    expect(() => watching(PROTOBUF).decoder.push(encodeFrame("ADDED", packed))).toThrow(
      'an object encoded with "gzip"',
    );
  });
});

describe("a watch in JSON", () => {
  it("skips empty lines and accepts a last line without a line feed", () => {
    const { seen, decoder } = watching(JSON_TYPE);
    decoder.push(Buffer.from("\n  \n"));
    decoder.push(line("ADDED", "Pod", pod).subarray(0, -1));
    decoder.end();
    expect(seen).toEqual([["ADDED", "web-0"]]);
  });

  it.each([
    ["<html><body>502 Bad Gateway</body></html>\n", "an event of 41 bytes is not JSON"],
    ["[]\n", "an event is not an object"],
    ['{"type":1}\n', "type is not a string"],
    [
      `${JSON.stringify({ type: "ADDED", object: { kind: "Pod", metadata: { ...pod.metadata, name: 5 } } })}\n`,
      "name is not a string",
    ],
    [
      `${JSON.stringify({ type: "ADDED", object: { kind: "Pod", ...pod, spec: { containers: {} } } })}\n`,
      "containers is not a list",
    ],
    [
      `${JSON.stringify({ type: "ADDED", object: { kind: "Pod", ...pod, status: { startTime: "yesterday" } } })}\n`,
      "startTime is not an RFC 3339 time",
    ],
    [
      `${JSON.stringify({ type: "ADDED", object: { kind: "Pod", ...pod, spec: { containers: [{}] }, status: { containerStatuses: [{ restartCount: 1.5 }] } } })}\n`,
      "restartCount is not a 32-bit integer",
    ],
    [
      `${JSON.stringify({ type: "ADDED", object: { kind: "Pod", ...pod, status: { containerStatuses: [{ ready: "yes" }] } } })}\n`,
      "ready is neither true nor false",
    ],
  ])("refuses %j", (text, message) => {
    const failure = (() => watching(JSON_TYPE).decoder.push(Buffer.from(text))) as () => void;
    expect(failure).toThrow(DecodeError);
    expect(failure).toThrow(message);
  });

  it("refuses an event of more than 64 MiB", () => {
    const { decoder } = watching(JSON_TYPE);
    const piece = Buffer.alloc(16 << 20, 0x20);
    for (let count = 0; count < 4; count++) decoder.push(piece);
    expect(() => decoder.push(piece)).toThrow("an event of more than 67108864 bytes");
  });
});

const list = {
  metadata: { resourceVersion: "9", continue: "" },
  items: [pod, { metadata: { ...pod.metadata, name: "web-1" } }],
};

describe.each([
  ["JSON", JSON_TYPE, Buffer.from(JSON.stringify({ kind: "PodList", apiVersion: "v1", ...list }))],
  [
    "JSON with its members in another order",
    JSON_TYPE,
    Buffer.from(JSON.stringify({ items: list.items, kind: "PodList", metadata: list.metadata })),
  ],
  [
    "JSON with white space",
    JSON_TYPE,
    Buffer.from(JSON.stringify({ kind: "PodList", x: ["items", { items: [1] }], ...list }, null, 2)),
  ],
  ["protobuf", PROTOBUF, encodeObject("PodList", POD_LIST, list)],
])("a list in %s", (_format, contentType, body) => {
  it("is read", () => {
    const { seen, decoder } = listing(contentType);
    decoder.push(body);
    expect(decoder.end()).toEqual({ resourceVersion: "9", continue: undefined, count: 2 });
    expect(seen).toEqual(["web-0", "web-1"]);
  });

  it("is incomplete wherever it is cut", () => {
    // After the items, protobuf has nothing but two empty fields.
    for (let length = 0; length < body.length - (contentType === PROTOBUF ? 4 : 0); length++) {
      const { decoder } = listing(contentType);
      decoder.push(body.subarray(0, length));
      expect(() => decoder.end(), `cut at ${length}`).toThrow(DecodeError);
    }
  });
});

describe("a list", () => {
  it("may have no items, as [] or null, and a continue token", () => {
    for (const items of ["[]", "null"]) {
      const { decoder } = listing(JSON_TYPE);
      decoder.push(
        Buffer.from(`{"kind":"PodList","metadata":{"resourceVersion":"9","continue":"t"},"items":${items}}`),
      );
      expect(decoder.end()).toEqual({ resourceVersion: "9", continue: "t", count: 0 });
    }
    const { decoder } = listing(PROTOBUF);
    decoder.push(encodeObject("PodList", POD_LIST, { metadata: { resourceVersion: "9", continue: "t" } }));
    expect(decoder.end()).toEqual({ resourceVersion: "9", continue: "t", count: 0 });
  });

  it.each([
    ['{"kind":"Status","status":"Failure"}', "a Status instead of a PodList"],
    ["{}", "a nameless kind instead of a PodList"],
    ['{"kind":"PodList","items":[]}', "a list without metadata.resourceVersion"],
    ['{"kind":"PodList","items":[1]}', "items that are not a list of objects"],
    ['{"kind":"PodList","items":[{},]}', "a pod without metadata.uid"],
    ['{"kind":"PodList","items":[]} x', "a list of 31 bytes is not JSON"],
    ["<html></html>", "is not JSON"],
    ["", "an empty body instead of a PodList"],
  ])("%j is refused", (text, message) => {
    const { decoder } = listing(JSON_TYPE);
    const read = () => {
      decoder.push(Buffer.from(text));
      decoder.end();
    };
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(message);
  });

  it("has little apart from its items", () => {
    const { decoder } = listing(JSON_TYPE);
    const body = Buffer.from(`{"x":"${"x".repeat(2 << 20)}"}`);
    expect(() => decoder.push(body)).toThrow("more than 1048576 bytes outside the items");
  });

  it.each<[message: string, body: Buffer]>([
    ["a Status instead of a PodList", encodeObject("Status", API_STATUS, status)],
    ["the body does not start with the protobuf magic", Buffer.from("<html>")],
    ["a list without metadata.resourceVersion", encodeObject("PodList", POD_LIST, { items: [pod] })],
    [
      "an object without a kind",
      Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x12]), varint(3n), Buffer.from([1, 2, 3])]),
    ],
    [
      "an item that extends beyond the list",
      Buffer.concat([encodeObject("PodList", POD_LIST, {}).subarray(0, -6), Buffer.from([0x12, 2, 0x12, 9])]),
    ],
  ])("%s", (message, body) => {
    const { decoder } = listing(PROTOBUF);
    const read = () => {
      decoder.push(body);
      decoder.end();
    };
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(message);
  });
});

it.each([
  ["text/html", 'the Content-Type "text/html"'],
  ["", "no Content-Type"],
  ["application/json;as=Table;v=v1;g=meta.k8s.io", "as=Table"],
  ["application/vnd.kubernetes.protobuf; as=PartialObjectMetadata", "as=PartialObjectMetadata"],
])("an answer as %j cannot be read", (contentType, message) => {
  for (const create of [() => watching(contentType), () => listing(contentType)]) {
    expect(create).toThrow(DecodeError);
    expect(create).toThrow(message);
  }
});

it("the media type is recognized in any case and with any parameters", () => {
  const { seen, decoder } = watching("Application/JSON; charset=utf-8");
  decoder.push(line("ADDED", "Pod", pod));
  expect(seen).toHaveLength(1);
});

it("the Status of an error is read in both formats, anything else is undefined", () => {
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", ...status };
  expect(decodeStatus(JSON_TYPE, Buffer.from(JSON.stringify(body)))).toEqual(decodedStatus);
  expect(decodeStatus(PROTOBUF, encodeObject("Status", API_STATUS, status))).toEqual(decodedStatus);
  expect(decodeStatus("text/plain", Buffer.from('{"kind":"Status","code":403}'))).toMatchObject({
    code: 403,
    causes: [],
  });
  for (const [contentType, bytes] of [
    [JSON_TYPE, "{}"],
    [JSON_TYPE, "404 page not found"],
    [JSON_TYPE, '{"kind":"Status","code":"x"}'],
    [JSON_TYPE, ""],
    [PROTOBUF, "k8s\0\x0a\x7f"],
    [PROTOBUF, "nonsense"],
  ] as const) {
    expect(decodeStatus(contentType, Buffer.from(bytes))).toBeUndefined();
  }
  expect(decodeStatus(PROTOBUF, encodeObject("Pod", POD, pod))).toBeUndefined();
});
