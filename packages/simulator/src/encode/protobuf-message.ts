/**
 * Encodes objects in their JSON form as protobuf, byte for byte as Kubernetes does: fields in the order of their numbers,
 * maps sorted by key, and fields that are not pointers in Go written even when they are empty.
 */
import { readFileSync } from "node:fs";
import protobuf, { type Field, type Type } from "protobufjs";

type Json = Readonly<Record<string, unknown>>;
type Convert = (value: unknown) => unknown;

// The bundle has the file next to its modules, too.
const root = protobuf.parse(readFileSync(new URL("./kubernetes.proto", import.meta.url), "utf8")).root.resolveAll();

/** Embedded structs of Go: the JSON form has their fields in the object around them. */
const EMBEDDED: ReadonlySet<string> = new Set(["handler", "localObjectReference", "volumeSource"]);

/** Messages whose JSON form is a single value or arbitrary JSON. */
const SCALAR_MESSAGES: Readonly<Record<string, Convert>> = {
  Time: time,
  Quantity: (string) => ({ string }),
  IntOrString: (value) =>
    typeof value === "string" ? { type: 1, intVal: 0, strVal: value } : { type: 0, intVal: value ?? 0, strVal: "" },
  FieldsV1: (value) => ({ raw: Buffer.from(JSON.stringify(value)) }),
};

/** The bytes of the message `name`, such as `Pod`. */
export function encodeMessage(name: string, value: unknown): Buffer {
  const { type, convert } = messageType(name);
  const bytes = type.encode(convert(value) as Json).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

interface MessageType {
  readonly type: Type;
  /** From the JSON form to the form that protobufjs encodes. */
  readonly convert: Convert;
}

const messageTypes = new Map<string, MessageType>();

function messageType(name: string): MessageType {
  const cached = messageTypes.get(name);
  if (cached !== undefined) return cached;
  const type = root.lookupType(name);
  const created = { type, convert: SCALAR_MESSAGES[name] ?? messageConverter(type) };
  messageTypes.set(name, created);
  return created;
}

/** Adds empty values for missing required fields and converts the fields whose JSON form differs. */
function messageConverter(type: Type): Convert {
  const fields = type.fieldsArray.map((field) => ({
    name: field.name,
    isEmbedded: EMBEDDED.has(field.name),
    convert: fieldConverter(field),
  }));
  return (value) => {
    const object = (value ?? {}) as Json;
    const message: Record<string, unknown> = {};
    for (const { name, isEmbedded, convert } of fields) {
      const converted = convert(isEmbedded ? object : object[name]);
      if (converted !== undefined) message[name] = converted;
    }
    return message;
  };
}

function fieldConverter(field: Field): Convert {
  const convert = field.resolvedType === null ? scalarConverter(field.type) : messageType(field.type).convert;
  if (field.map) return (value) => mapOf(value, convert);
  if (field.repeated) return (value) => (value as readonly unknown[] | undefined)?.map(convert);
  if (field.required) return convert;
  return (value) => (value === undefined || value === null ? undefined : convert(value));
}

function scalarConverter(type: string): Convert {
  const empty = type === "string" ? "" : type === "bool" ? false : 0;
  return (value) => value ?? empty;
}

function mapOf(value: unknown, convert: Convert): Json | undefined {
  if (value === undefined || value === null) return undefined;
  const object = value as Json;
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, convert(object[key])]),
  );
}

/** `metav1.Time` or `MicroTime` from RFC 3339; empty for the zero time. */
function time(value: unknown): Json {
  if (typeof value !== "string") return {};
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? "";
  return { seconds: Math.floor(Date.parse(value) / 1_000), nanos: Number(fraction.padEnd(9, "0").slice(0, 9)) };
}
