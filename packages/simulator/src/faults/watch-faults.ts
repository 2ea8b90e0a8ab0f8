/** Faults in the events of a watch, between the changes of the storage and the stream. */
import type { Duration } from "../../../../src/core/model/time.ts";
import { joined } from "../encode/pieces.ts";
import { storedObject } from "../encode/stored.ts";
import type { Encoding, Resource, Stored } from "../encode/types.ts";
import type { Exchange } from "../http/exchange.ts";
import type { InsertedFrame, WatchFault } from "./faults.ts";

/** One event on its way to the client. */
export interface Frame {
  readonly type: string;
  /** Undefined for bookmarks and errors. */
  readonly entry: Stored | undefined;
  /** One of the initial events, which describe the existing objects. */
  readonly initial: boolean;
  readonly endsInitialEvents: boolean;
  readonly bytes: Buffer;
}

/** The faults of one watch. */
export interface WatchFaults {
  /** Called when the stream is open, before the first write. */
  opened(): void;
  write(frame: Frame): void;
  order(entries: readonly Stored[]): readonly Stored[];
  readonly bookmarkInterval: Duration | undefined;
}

interface Stage {
  opened(): void;
  write(frame: Frame): void;
}

export function createWatchFaults(
  faults: readonly WatchFault[],
  exchange: Exchange,
  encoding: Encoding,
  resource: Resource,
): WatchFaults {
  let stage: Stage = {
    opened: () => {},
    write: ({ bytes }) => void exchange.write(bytes),
  };
  const frameOf = (inserted: InsertedFrame): Frame => ({
    type: "type" in inserted ? inserted.type : "ERROR",
    entry: undefined,
    initial: false,
    endsInitialEvents: false,
    bytes: insertedBytes(inserted, encoding, resource),
  });
  // Events pass through the faults in order, from the server to the stream.
  for (const fault of faults.toReversed()) stage = stageOf(fault, stage, exchange, frameOf);
  const bookmarks = faults.findLast(({ kind }) => kind === "bookmarks");
  const descending = faults.some(({ kind }) => kind === "descending");
  return {
    opened: stage.opened,
    write: stage.write,
    order: (entries) => (descending ? entries.toSorted((a, b) => b.revision - a.revision) : entries),
    bookmarkInterval:
      bookmarks?.kind === "bookmarks"
        ? bookmarks.interval === "never"
          ? Number.POSITIVE_INFINITY
          : bookmarks.interval
        : undefined,
  };
}

function stageOf(fault: WatchFault, next: Stage, exchange: Exchange, frameOf: (frame: InsertedFrame) => Frame): Stage {
  switch (fault.kind) {
    case "insert": {
      const insert = () => {
        for (const frame of fault.frames) next.write(frameOf(frame));
      };
      return afterEvents(fault.afterEvents, next, insert);
    }
    case "stop":
      return afterEvents(fault.afterEvents, next, () => setImmediate(() => exchange.break(fault.break)), true);
    case "duplicate":
      return {
        opened: next.opened,
        write: (frame) => {
          next.write(frame);
          next.write(frame);
        },
      };
    case "lose": {
      let seen = 0;
      return {
        opened: next.opened,
        write: (frame) => {
          const canBeLost = frame.type !== "BOOKMARK" && !frame.initial;
          if (canBeLost && ++seen % (fault.every ?? 1) === 0) return;
          next.write(frame);
        },
      };
    }
    case "swap": {
      let waiting: Frame | undefined;
      return {
        opened: next.opened,
        write: (frame) => {
          if (waiting === undefined && !frame.initial && frame.type !== "BOOKMARK") {
            waiting = frame;
            return;
          }
          next.write(frame);
          if (waiting !== undefined) next.write(waiting);
          waiting = undefined;
        },
      };
    }
    case "rewrite":
      return {
        opened: next.opened,
        write: (frame) => {
          const { type, entry, initial } = frame;
          const rewritten = fault.event({ type, object: entry?.object, initial });
          if (rewritten === "as it is") next.write(frame);
          else for (const one of rewritten) next.write(frameOf(one));
        },
      };
    case "withholdEnd": {
      let withheld = false;
      return {
        opened: next.opened,
        write: (frame) => {
          withheld ||= frame.endsInitialEvents;
          if (!withheld) next.write(frame);
        },
      };
    }
    case "bookmarks":
    case "descending":
      return next;
  }
}

/** Acts once after this many events; with `last`, no events follow. */
function afterEvents(count: number, next: Stage, act: () => void, last = false): Stage {
  let passed = 0;
  return {
    opened: () => {
      next.opened();
      if (count === 0) act();
    },
    write: (frame) => {
      if (last && passed >= count) return;
      next.write(frame);
      passed++;
      if (passed === count) act();
    },
  };
}

function insertedBytes(frame: InsertedFrame, encoding: Encoding, resource: Resource): Buffer {
  if ("error" in frame) return encoding.errorEvent(frame.error);
  if ("raw" in frame) return Buffer.from(frame.raw);
  if ("frame" in frame) return encoding.frame(Buffer.from(frame.frame));
  return joined(encoding.event(frame.type, resource, storedObject(resource, 0, frame.object)));
}
