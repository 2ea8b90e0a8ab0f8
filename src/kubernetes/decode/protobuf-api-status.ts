import type { ProtobufReader } from "./protobuf-reader.ts";
import type { ApiStatus } from "./types.ts";

/** Reads meta/v1 Status{3 message, 4 reason, 5 details, 6 code} to the reader's end. Throws DecodeError. */
export function readStatusObject(reader: ProtobufReader): ApiStatus {
  let code = 0;
  let reason = "";
  let message = "";
  let retryAfterSeconds = 0;
  const causes: string[] = [];
  while (reader.at < reader.end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 3:
        message = reader.text(tag);
        break;
      case 4:
        reason = reader.text(tag);
        break;
      case 5: {
        const outer = reader.enter(tag);
        retryAfterSeconds = readDetails(reader, causes) ?? retryAfterSeconds;
        reader.leave(outer);
        break;
      }
      case 6:
        code = reader.int32(tag);
        break;
      default:
        reader.skip(tag);
    }
  }
  return { code, reason, message, retryAfterSeconds: retryAfterSeconds > 0 ? retryAfterSeconds : undefined, causes };
}

/** StatusDetails{4 causes, 5 retryAfterSeconds}. */
function readDetails(reader: ProtobufReader, causes: string[]): number | undefined {
  let retryAfterSeconds: number | undefined;
  while (reader.at < reader.end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 4: {
        const outer = reader.enter(tag);
        const cause = readCause(reader);
        if (cause !== "") causes.push(cause);
        reader.leave(outer);
        break;
      }
      case 5:
        retryAfterSeconds = reader.int32(tag);
        break;
      default:
        reader.skip(tag);
    }
  }
  return retryAfterSeconds;
}

/** StatusCause{1 reason}. */
function readCause(reader: ProtobufReader): string {
  let reason = "";
  while (reader.at < reader.end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) reason = reader.text(tag);
    else reader.skip(tag);
  }
  return reason;
}
