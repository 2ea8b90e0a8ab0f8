import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import type { WireFormat } from "../kubernetes/decode/decode-error.ts";
import { errorMessage } from "../util/error-message.ts";

/** One event of a recorded watch: its bytes as the decoder takes them, with the frame's length or the line's end. */
export interface RecordedEvent {
  readonly bytes: Buffer;
  /** From the beginning of the recording, unpacked. */
  readonly offset: number;
}

export interface Recording {
  /** The file, for messages. */
  readonly path: string;
  readonly format: WireFormat;
  /** Ends with a RecordingError when the recording stops inside an event, after all that came before it. */
  readonly events: AsyncIterable<RecordedEvent>;
}

/** A recording that cannot be read, or not to its end; the message is for whoever named the file. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}

/** No pod can be larger: etcd takes 1.5 MiB by default. What claims to be is no watch stream. */
const LARGEST_EVENT = 64 * 1024 * 1024;

/** Opens a recording of either format, packed by gzip or not: its first bytes tell. */
export async function openRecording(path: string): Promise<Recording> {
  const packed = (await firstBytes(path, 2)).equals(Buffer.from([0x1f, 0x8b]));
  const chunks = unpack(path, packed)[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head: Buffer = first.done ? Buffer.alloc(0) : first.value;
  if (head.length === 0) throw new RecordingError(`${path} is empty: it should hold the events of a watch`);
  const rest = async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  // A frame begins with its length in four bytes, the first of which is 0 for anything below 16 MiB.
  return head[0] === 0
    ? { path, format: "protobuf", events: cut(path, rest(), frameEnd) }
    : { path, format: "json", events: cut(path, rest(), lineEnd) };
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  await using file = await open(path).catch((error: unknown) => {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new RecordingError(
      missing ? `${path}: there is no such file` : `${path} cannot be read: ${messageOf(error)}`,
    );
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw new RecordingError(`${path} cannot be read: ${messageOf(error)}`);
  }
}

async function* unpack(path: string, packed: boolean): AsyncGenerator<Buffer, void, undefined> {
  const file = createReadStream(path);
  const gunzip = packed ? createGunzip() : undefined;
  if (gunzip) file.on("error", (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    for await (const chunk of gunzip ?? file) yield chunk as Buffer;
  } catch (error) {
    throw new RecordingError(
      `${path} ends too early or is damaged (${messageOf(error)}): what came before was replayed`,
    );
  } finally {
    gunzip?.destroy();
    file.destroy();
  }
}

/** What it means for the rest that the event at this offset cannot be read, as the end of a sentence. */
export function upTo(offset: number): string {
  return offset === 0 ? "is it a recorded watch?" : "what came before was replayed";
}

/** The end of the event that begins at 0, undefined when it cannot be told yet; it may lie beyond the bytes given. */
type FindEnd = (bytes: Buffer) => number | undefined;

async function* cut(path: string, chunks: AsyncIterable<Buffer>, findEnd: FindEnd): AsyncGenerator<RecordedEvent> {
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let end = findEnd(held);
    while (end !== undefined && end <= held.length) {
      yield { bytes: held.subarray(0, end), offset };
      offset += end;
      held = held.subarray(end);
      end = findEnd(held);
    }
    if (Math.max(held.length, end ?? 0) > LARGEST_EVENT)
      throw new RecordingError(`${path} has no end of an event for 64 MiB after byte ${offset}: ${upTo(offset)}`);
  }
  if (held.length > 0) {
    throw new RecordingError(`${path} ends inside an event, at byte ${offset}: ${upTo(offset)}`);
  }
}

function lineEnd(bytes: Buffer): number | undefined {
  const newline = bytes.indexOf(0x0a);
  return newline === -1 ? undefined : newline + 1;
}

function frameEnd(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  return 4 + bytes.readUInt32BE(0);
}

function messageOf(error: unknown): string {
  return errorMessage(error);
}
