/**
 * Writes protobuf as Kubernetes' generated code does (gogo): from the last field to the first into a buffer that fills
 * from its end, so that every length is known when it is written. Fields that are no pointers in Go are written even
 * when they are empty; that is a good part of real pods' bytes, and decoders must cope with it.
 */

/** How one field of a message is written. `value` is what the JSON object has there. */
export interface Field {
  readonly number: number;
  write(writer: Writer, value: unknown): void;
  /** The JSON has its fields in the object around it (an embedded struct in Go). */
  readonly inline?: boolean;
}

/** A message's fields by their JSON names, in the order of their numbers. */
export interface Schema {
  readonly fields: readonly (readonly [name: string, field: Field])[];
}

export interface Writer {
  /** How many bytes were written so far. */
  readonly length: number;
  varint(value: number | bigint): void;
  bytes(value: Uint8Array): void;
  text(value: string): void;
  message(schema: Schema, value: unknown): void;
  /** A length-delimited field around what `content` writes. */
  delimited(number: number, content: () => void): void;
}

const INITIAL_SIZE = 64 * 1024;
const LENGTH_DELIMITED = 2;

/** The bytes of a message. */
export function encodeMessage(of: Schema, value: unknown): Buffer {
  return scratch.encode(of, value);
}

/** One buffer for all messages: writing one is never interrupted, and its bytes are copied out at the end. */
const scratch = createWriter();

function createWriter(): { encode(of: Schema, value: unknown): Buffer } {
  let buffer = Buffer.allocUnsafe(INITIAL_SIZE);
  let start = buffer.length;

  const reserve = (size: number) => {
    if (size > start) {
      const grown = Buffer.allocUnsafe(Math.max(buffer.length * 2, buffer.length + size));
      const shift = grown.length - buffer.length;
      buffer.copy(grown, start + shift, start);
      start += shift;
      buffer = grown;
    }
    start -= size;
    return start;
  };
  const writer: Writer = {
    get length() {
      return buffer.length - start;
    },
    varint: (value) => {
      if (typeof value === "number" && value >= 0 && value < 0x80) {
        buffer[reserve(1)] = value;
        return;
      }
      // Negative numbers are written as 64-bit two's complement, ten bytes long.
      let rest = BigInt.asUintN(64, BigInt(value));
      const bytes: number[] = [];
      do {
        bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
        rest >>= 7n;
      } while (rest > 0n);
      buffer.set(bytes, reserve(bytes.length));
    },
    bytes: (value) => buffer.set(value, reserve(value.length)),
    text: (value) => {
      const size = Buffer.byteLength(value);
      const at = reserve(size);
      buffer.write(value, at, size);
    },
    message: (schema, value) => {
      const object = (value ?? {}) as Readonly<Record<string, unknown>>;
      for (let i = schema.fields.length - 1; i >= 0; i--) {
        const [name, field] = schema.fields[i] as (typeof schema.fields)[number];
        field.write(writer, field.inline ? object : object[name]);
      }
    },
    delimited: (number, content) => {
      const before = writer.length;
      content();
      writer.varint(writer.length - before);
      writer.varint((number << 3) | LENGTH_DELIMITED);
    },
  };
  return {
    encode: (of, value) => {
      start = buffer.length;
      writer.message(of, value);
      return Buffer.from(buffer.subarray(start));
    },
  };
}

export function schema(fields: Readonly<Record<string, Field>>): Schema {
  return { fields: Object.entries(fields).sort(([, a], [, b]) => a.number - b.number) };
}

// ─── Kinds of fields: what is not called optional is written even when it is empty ───────────────────────────────

export function text(number: number): Field {
  return { number, write: (writer, value) => writer.delimited(number, () => writer.text((value as string) ?? "")) };
}

export function optionalText(number: number): Field {
  return optional(text(number));
}

export function texts(number: number): Field {
  return repeated(text(number));
}

export function int(number: number): Field {
  return {
    number,
    write: (writer, value) => {
      writer.varint((value as number) ?? 0);
      writer.varint(number << 3);
    },
  };
}

export function optionalInt(number: number): Field {
  return optional(int(number));
}

export function ints(number: number): Field {
  return repeated(int(number));
}

export function flag(number: number): Field {
  const { write } = int(number);
  return { number, write: (writer, value) => write(writer, value === true ? 1 : 0) };
}

export function optionalFlag(number: number): Field {
  return optional(flag(number));
}

/** `metav1.Time` or `MicroTime` from RFC 3339: a Timestamp, empty for the zero time. */
export function time(number: number): Field {
  return { number, write: (writer, value) => writer.delimited(number, () => writeTime(writer, value)) };
}

export function optionalTime(number: number): Field {
  return optional(time(number));
}

export function message(number: number, of: Schema): Field {
  return { number, write: (writer, value) => writer.delimited(number, () => writer.message(of, value)) };
}

export function optionalMessage(number: number, of: Schema): Field {
  return optional(message(number, of));
}

export function messages(number: number, of: Schema): Field {
  return repeated(message(number, of));
}

/** A message whose fields stand in the JSON object around it. */
export function inline(number: number, of: Schema): Field {
  return { ...message(number, of), inline: true };
}

/** The entries sorted by key, as Go writes maps. */
export function map(number: number, valueField: Field): Field {
  const entry = schema({ key: text(1), value: valueField });
  return {
    number,
    write: (writer, value) => {
      const keys = Object.keys((value as object) ?? {}).sort();
      for (const key of keys.reverse()) {
        const content = { key, value: (value as Record<string, unknown>)[key] };
        writer.delimited(number, () => writer.message(entry, content));
      }
    },
  };
}

/** Raw JSON kept as bytes. */
export function json(number: number): Field {
  return { number, write: (writer, value) => writer.delimited(number, () => writer.text(JSON.stringify(value))) };
}

/** A field whose value in JSON looks different from its message. */
export function converted(field: Field, convert: (value: unknown) => unknown): Field {
  return { number: field.number, write: (writer, value) => field.write(writer, convert(value)) };
}

export function optional(field: Field): Field {
  return {
    number: field.number,
    write: (writer, value) => {
      if (value !== undefined && value !== null) field.write(writer, value);
    },
  };
}

function repeated(field: Field): Field {
  return {
    number: field.number,
    write: (writer, value) => {
      const values = (value as readonly unknown[]) ?? [];
      for (let i = values.length - 1; i >= 0; i--) field.write(writer, values[i]);
    },
  };
}

function writeTime(writer: Writer, value: unknown): void {
  if (typeof value !== "string") return;
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? "";
  writer.varint(Number(fraction.padEnd(9, "0").slice(0, 9)));
  writer.varint(2 << 3);
  writer.varint(Math.floor(Date.parse(value) / 1_000));
  writer.varint(1 << 3);
}
