import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { errorMessage } from "../util/error-message.ts";

/** One event of a recorded watch: a line of JSON, with its newline. */
export interface RecordedEvent {
  readonly bytes: Buffer;
  /** Bytes from the start of the uncompressed recording. */
  readonly offset: number;
}

/** A recording that cannot be read, or not to its end. The message is for the user. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}

/** No pod is larger: the default limit of etcd is 1.5 MiB. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/**
 * The events of a recording in JSON, compressed with gzip or not. Throws a RecordingError if the recording is not
 * complete, after the events before.
 */
export async function* readRecording(path: string): AsyncGenerator<RecordedEvent, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of uncompressed(path)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      yield { bytes: rest.subarray(0, end + 1), offset };
      offset += end + 1;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > MAX_EVENT_BYTES) {
      throw new RecordingError(`${path}: the event at byte ${offset} is larger than 64 MiB: ${remedyAt(offset)}`);
    }
  }
  if (rest.length > 0) {
    throw new RecordingError(`${path} ends within an event, at byte ${offset}: ${remedyAt(offset)}`);
  }
  if (offset === 0) throw new RecordingError(`${path} is empty: record a watch first`);
}

const NEWLINE = 0x0a;

/** The end of a message about the event at this offset. */
export function remedyAt(offset: number): string {
  return offset === 0 ? "check that it is a watch recorded as JSON" : "the events before were replayed";
}

async function* uncompressed(path: string): AsyncGenerator<Buffer, void, undefined> {
  const isCompressed = (await firstBytes(path, 2)).equals(Buffer.from([0x1f, 0x8b]));
  const file = createReadStream(path);
  const gunzip = isCompressed ? createGunzip() : undefined;
  if (gunzip) file.on("error", (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    for await (const chunk of gunzip ?? file) yield chunk as Buffer;
  } catch (error) {
    throw new RecordingError(
      `${path} is truncated or damaged (${errorMessage(error)}): the events before were replayed`,
    );
  } finally {
    gunzip?.destroy();
    file.destroy();
  }
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new RecordingError(
      isMissing ? `${path}: file not found: check the path` : `${path} cannot be read: ${errorMessage(error)}`,
    );
  }
}
