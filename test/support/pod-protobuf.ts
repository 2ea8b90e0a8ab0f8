/**
 * Pods between JSON and Kubernetes' protobuf by a table of fields, written the plainest way: the reference that the
 * real decoder is held against. It knows the fields of which a snapshot is made, and steps over all others as the real
 * one does.
 */
type Type =
  | "string"
  | "int32"
  | "int64"
  | "bool"
  | "time"
  | "map"
  /** Only that it is there counts. */
  | "opaque"
  | Schema;
type Field = readonly [name: string, type: Type, repeated?: "repeated"];
/** Where it names a first field, a message whose first field has another value is not read further. */
interface Schema {
  readonly fields: Readonly<Record<number, Field>>;
  readonly readOnlyIf?: { readonly field: number; readonly oneOf: readonly string[] };
  /** The field whose message holds all that JSON has one level higher. */
  readonly inline?: string;
}
type Json = Record<string, unknown>;

const schema = (fields: Schema["fields"]): Schema => ({ fields });

const OWNER = schema({ 1: ["kind", "string"], 3: ["name", "string"], 6: ["controller", "bool"] });
const METADATA = schema({
  1: ["name", "string"],
  3: ["namespace", "string"],
  5: ["uid", "string"],
  6: ["resourceVersion", "string"],
  7: ["generation", "int64"],
  8: ["creationTimestamp", "time"],
  9: ["deletionTimestamp", "time"],
  10: ["deletionGracePeriodSeconds", "int32"],
  11: ["labels", "map"],
  12: ["annotations", "map"],
  13: ["ownerReferences", OWNER, "repeated"],
});
const RESIZE_POLICY = schema({ 2: ["restartPolicy", "string"] });
const EXIT_CODES = schema({ 1: ["operator", "string"], 2: ["values", "int32", "repeated"] });
const RESTART_RULE = schema({ 1: ["action", "string"], 2: ["exitCodes", EXIT_CODES] });
const CONTAINER = schema({
  1: ["name", "string"],
  2: ["image", "string"],
  22: ["startupProbe", "opaque"],
  23: ["resizePolicy", RESIZE_POLICY, "repeated"],
  24: ["restartPolicy", "string"],
  25: ["restartPolicyRules", RESTART_RULE, "repeated"],
});
const EPHEMERAL: Schema = {
  fields: { 1: ["ephemeralContainerCommon", CONTAINER] },
  inline: "ephemeralContainerCommon",
};
const VOLUME: Schema = {
  fields: { 2: ["volumeSource", schema({ 30: ["image", schema({ 1: ["reference", "string"] })] })] },
  inline: "volumeSource",
};
const SPEC = schema({
  1: ["volumes", VOLUME, "repeated"],
  2: ["containers", CONTAINER, "repeated"],
  3: ["restartPolicy", "string"],
  5: ["activeDeadlineSeconds", "int64"],
  10: ["nodeName", "string"],
  19: ["schedulerName", "string"],
  20: ["initContainers", CONTAINER, "repeated"],
  34: ["ephemeralContainers", EPHEMERAL, "repeated"],
});
const CONDITION: Schema = {
  fields: {
    1: ["type", "string"],
    2: ["status", "string"],
    4: ["lastTransitionTime", "time"],
    5: ["reason", "string"],
    6: ["message", "string"],
  },
  readOnlyIf: {
    field: 1,
    oneOf: [
      "Ready",
      "PodScheduled",
      "Initialized",
      "DisruptionTarget",
      "AllContainersRestarting",
      "PodReadyToStartContainers",
      "PodResizePending",
      "PodResizeInProgress",
    ],
  },
};
const WAITING = schema({ 1: ["reason", "string"], 2: ["message", "string"] });
const RUNNING = schema({ 1: ["startedAt", "time"] });
const TERMINATED = schema({
  1: ["exitCode", "int32"],
  2: ["signal", "int32"],
  3: ["reason", "string"],
  4: ["message", "string"],
  5: ["startedAt", "time"],
  6: ["finishedAt", "time"],
  7: ["containerID", "string"],
});
const STATE = schema({ 1: ["waiting", WAITING], 2: ["running", RUNNING], 3: ["terminated", TERMINATED] });
const CONTAINER_STATUS = schema({
  1: ["name", "string"],
  2: ["state", STATE],
  3: ["lastState", STATE],
  4: ["ready", "bool"],
  5: ["restartCount", "int32"],
  7: ["imageID", "string"],
  8: ["containerID", "string"],
  9: ["started", "bool"],
});
const STATUS = schema({
  1: ["phase", "string"],
  2: ["conditions", CONDITION, "repeated"],
  3: ["message", "string"],
  4: ["reason", "string"],
  7: ["startTime", "time"],
  8: ["containerStatuses", CONTAINER_STATUS, "repeated"],
  10: ["initContainerStatuses", CONTAINER_STATUS, "repeated"],
  13: ["ephemeralContainerStatuses", CONTAINER_STATUS, "repeated"],
  17: ["observedGeneration", "int64"],
});
export const POD = schema({ 1: ["metadata", METADATA], 2: ["spec", SPEC], 3: ["status", STATUS] });
const CAUSE = schema({ 1: ["reason", "string"] });
const DETAILS = schema({ 4: ["causes", CAUSE, "repeated"], 5: ["retryAfterSeconds", "int32"] });
export const API_STATUS = schema({
  3: ["message", "string"],
  4: ["reason", "string"],
  5: ["details", DETAILS],
  6: ["code", "int32"],
});
export const POD_LIST = schema({
  1: ["metadata", schema({ 2: ["resourceVersion", "string"], 3: ["continue", "string"] })],
  2: ["items", POD, "repeated"],
});
const TYPE_META = schema({ 1: ["apiVersion", "string"], 2: ["kind", "string"] });

// ─── Writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

export function encodePod(pod: object): Buffer {
  return encode(POD, pod as Json);
}

/** As the API server writes it: the magic, the kind, the object. */
export function encodeObject(kind: string, of: Schema, object: object): Buffer {
  return envelope(kind, encode(of, object as Json));
}

export function envelope(kind: string, raw: Buffer): Buffer {
  const typeMeta = encode(TYPE_META, { apiVersion: "v1", kind });
  return Buffer.concat([
    Buffer.from("k8s\0"),
    bytesField(1, typeMeta),
    bytesField(2, raw),
    bytesField(3, Buffer.alloc(0)),
    bytesField(4, Buffer.alloc(0)),
  ]);
}

/** One event of a watch, with its length before it. `object` is an envelope. */
export function encodeFrame(type: string, object: Buffer): Buffer {
  return framed(Buffer.concat([bytesField(1, Buffer.from(type)), bytesField(2, bytesField(1, object))]));
}

export function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(payload.length);
  return Buffer.concat([header, payload]);
}

function encode({ fields }: Schema, object: Json): Buffer {
  const parts: Buffer[] = [];
  for (const [number, [name, type, repeated]] of Object.entries(fields)) {
    const value = object[name];
    if (value === undefined || value === null) continue;
    for (const item of repeated === undefined ? [value] : (value as unknown[])) {
      parts.push(encodeField(Number(number), type, item));
    }
  }
  return Buffer.concat(parts);
}

function encodeField(number: number, type: Type, value: unknown): Buffer {
  switch (type) {
    case "string":
      return bytesField(number, Buffer.from(value as string, "utf8"));
    case "int32":
    case "int64":
      return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value as number)))]);
    case "bool":
      return Buffer.concat([varint(BigInt(number << 3)), Buffer.from([value ? 1 : 0])]);
    case "time": {
      const seconds = BigInt(Math.floor(Date.parse(value as string) / 1_000));
      const time = Buffer.concat([varint(8n), varint(BigInt.asUintN(64, seconds)), Buffer.from([0x10, 0])]);
      // Go writes a time that was never set, which is year 1, as nothing.
      return bytesField(number, (value as string).startsWith("0001-") ? Buffer.alloc(0) : time);
    }
    case "map":
      return Buffer.concat(
        Object.entries(value as Record<string, string>).map(([key, text]) =>
          bytesField(number, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(text))])),
        ),
      );
    case "opaque":
      return bytesField(number, Buffer.from(JSON.stringify(value)));
    default: {
      const object = value as Json;
      return bytesField(number, encode(type, type.inline === undefined ? object : { [type.inline]: object }));
    }
  }
}

function bytesField(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

// ─── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

export class InvalidProtobuf extends Error {}

/** The pod as JSON would have it. Throws InvalidProtobuf. */
export function decodePod(bytes: Buffer): Json {
  return decodeInto({}, POD, bytes);
}

/** Kind and bytes of an envelope. Throws InvalidProtobuf. */
export function decodeEnvelope(bytes: Buffer): { readonly kind: string; readonly raw: Buffer } {
  if (bytes.subarray(0, 4).toString("latin1") !== "k8s\0") throw new InvalidProtobuf("no magic");
  let kind = "";
  let raw: Buffer = Buffer.alloc(0);
  let isEncoded = false;
  for (const { number, value } of fieldsOf(bytes.subarray(4), { 1: 2, 2: 2, 3: 2 })) {
    if (number === 1) kind = String(decodeInto({ kind }, schema({ 2: ["kind", "string"] }), value as Buffer).kind);
    if (number === 2) raw = value as Buffer;
    if (number === 3) isEncoded = (value as Buffer).length > 0;
  }
  if (isEncoded) throw new InvalidProtobuf("encoded");
  return { kind, raw };
}

/** Type and object of a watch event. Throws InvalidProtobuf. */
export function decodeEvent(bytes: Buffer): { readonly type: string; readonly object: Buffer } {
  let type = "";
  let object: Buffer = Buffer.alloc(0);
  for (const { number, value } of fieldsOf(bytes, { 1: 2, 2: 2 })) {
    if (number === 1) type = (value as Buffer).toString("utf8");
    if (number !== 2) continue;
    for (const inner of fieldsOf(value as Buffer, { 1: 2 })) if (inner.number === 1) object = inner.value as Buffer;
  }
  return { type, object };
}

const WIRE_TYPES = { int32: 0, int64: 0, bool: 0 } as const;

function decodeInto(target: Json, { fields, readOnlyIf }: Schema, bytes: Buffer): Json {
  const wires = Object.fromEntries(
    Object.entries(fields).map(([number, [, type]]) => [
      number,
      typeof type === "string" && type in WIRE_TYPES ? 0 : 2,
    ]),
  );
  for (const { number, value } of fieldsOf(bytes, wires)) {
    const field = fields[number];
    if (field === undefined) continue;
    const [name, type, repeated] = field;
    if (repeated !== undefined) {
      target[name] = [...((target[name] ?? []) as unknown[]), decodeValue(undefined, type, value)];
    } else target[name] = decodeValue(target[name], type, value);
    if (readOnlyIf?.field === number && !readOnlyIf.oneOf.includes(String(target[name]))) return {};
  }
  return target;
}

function decodeValue(before: unknown, type: Type, value: bigint | Buffer): unknown {
  switch (type) {
    case "string":
      return (value as Buffer).toString("utf8");
    case "int32":
      return Number(BigInt.asIntN(32, value as bigint));
    case "int64":
      return Number(BigInt.asIntN(64, value as bigint));
    case "bool":
      return value !== 0n;
    case "opaque":
      return {};
    case "time": {
      let seconds = 0n;
      for (const field of fieldsOf(value as Buffer, { 1: 0 })) {
        if (field.number === 1) seconds = BigInt.asIntN(64, field.value as bigint);
      }
      if (seconds > 253_402_300_799n) throw new InvalidProtobuf("a time after year 9999");
      return seconds <= 0n ? null : new Date(Number(seconds) * 1_000).toISOString();
    }
    case "map": {
      let key = "";
      let text = "";
      for (const field of fieldsOf(value as Buffer, { 1: 2, 2: 2 })) {
        if (field.number === 1) key = (field.value as Buffer).toString("utf8");
        if (field.number === 2) text = (field.value as Buffer).toString("utf8");
      }
      return Object.fromEntries([...Object.entries((before ?? {}) as Json), [key, text]]);
    }
    default: {
      const message = decodeInto({ ...((before ?? {}) as Json) }, type, value as Buffer);
      return type.inline === undefined ? message : (message[type.inline] ?? {});
    }
  }
}

/** `wires`: the wire types of the fields that are read. */
function* fieldsOf(
  bytes: Buffer,
  wires: Readonly<Record<number, number>>,
): Generator<{ readonly number: number; readonly value: bigint | Buffer }> {
  let at = 0;
  const number64 = (longest: number): bigint => {
    let value = 0n;
    for (let count = 0; count < longest; count++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new InvalidProtobuf("ends inside a number");
      value |= BigInt(byte & 127) << BigInt(7 * count);
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new InvalidProtobuf("a number too long");
  };
  const size = (): number => {
    const value = number64(5);
    if (value >= 2n ** 31n) throw new InvalidProtobuf("a size too large");
    return Number(value);
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new InvalidProtobuf("a field beyond the end");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = size();
    const number = tag >>> 3;
    const wire = tag & 7;
    if (number === 0) throw new InvalidProtobuf("field 0");
    if (wires[number] !== undefined && wires[number] !== wire) throw new InvalidProtobuf("wrong wire type");
    switch (wire) {
      case 0:
        yield { number, value: number64(10) };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(size()) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw new InvalidProtobuf("an unknown wire type");
    }
  }
}
