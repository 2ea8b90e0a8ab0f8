import type { ProtobufReader } from "./protobuf-reader.ts";
import { type Seconds, secondsFromUnix } from "./timestamp.ts";

/** meta/v1 Time{1 seconds, 2 nanos}: an empty message is an unset time, and nanos are always 0. */
export function readTime(reader: ProtobufReader, tag: number): Seconds {
  const now = reader.fiveByteSeconds(tag);
  if (now > 0) return now;
  let unix = 0;
  const outer = reader.enter(tag);
  while (reader.at < reader.end) {
    const field = reader.tag();
    if (field >>> 3 === 1) unix = reader.int64(field);
    else reader.skip(field);
  }
  const seconds = secondsFromUnix(unix);
  if (seconds === undefined) reader.fail(`a time of ${unix} seconds`);
  reader.leave(outer);
  return seconds;
}
