/**
 * core/v1 Events as the components of a cluster write them: a repeated event raises the count of the first one
 * (client-go `tools/record/events_cache.go`), and events expire after their TTL.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import { hex, uuid } from "../model/names.ts";
import { type Event, type ObjectReference, timestamp } from "../model/objects.ts";
import type { Storage } from "./storage.ts";

export interface EventNote {
  readonly about: ObjectReference & { readonly namespace: string };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** The component that reports it. */
  readonly component: string;
  /** The node of a kubelet. */
  readonly host?: string;
}

/** Records an event about an object that the caller has chosen. */
export type RecordEvent = (type: EventNote["type"], reason: string, message: string) => void;

export interface EventRecorder extends Disposable {
  record(note: EventNote): void;
}

/** The default of `--event-ttl`; OpenShift keeps events for three hours. */
const DEFAULT_TTL: Duration = 3_600_000;

export function createEventRecorder(storage: Storage, clock: Clock, ttl: Duration = DEFAULT_TTL): EventRecorder {
  /** By everything that makes events equal: the event that counts the repetitions, and when the last one occurred. */
  const known = new Map<string, { readonly namespace: string; readonly name: string; lastAt: number }>();
  let sweep: Timer | undefined;

  const removeExpired = () => {
    const now = clock.monotonic();
    for (const [key, { namespace, name, lastAt }] of known) {
      if (now - lastAt < ttl) continue;
      known.delete(key);
      storage.events.remove(namespace, name);
    }
    sweep = known.size === 0 ? undefined : clock.after(ttl / 12, removeExpired);
  };
  return {
    record: (note) => {
      const { about } = note;
      const key = [about.kind, about.uid, about.fieldPath, note.type, note.reason, note.message, note.component].join(
        "\0",
      );
      const now = clock.now();
      const before = known.get(key);
      const stored = before === undefined ? undefined : storage.events.get(before.namespace, before.name)?.object;
      if (before !== undefined && stored !== undefined) {
        before.lastAt = clock.monotonic();
        storage.events.put(repeated(stored, timestamp(now)));
      } else {
        const name = `${about.name}.${hex(clock.random, 16)}`;
        known.set(key, { namespace: about.namespace, name, lastAt: clock.monotonic() });
        storage.events.put(newEvent(note, name, uuid(clock.random), timestamp(now)));
      }
      sweep ??= clock.after(ttl / 12, removeExpired);
    },
    [Symbol.dispose]: () => sweep?.cancel(),
  };
}

function repeated(event: Event, at: string): Event {
  const managedFields = event.metadata.managedFields?.map((entry) => ({ ...entry, time: at }));
  return {
    ...event,
    metadata: { ...event.metadata, ...(managedFields === undefined ? {} : { managedFields }) },
    lastTimestamp: at,
    count: (event.count ?? 1) + 1,
  };
}

function newEvent(
  { about, type, reason, message, component, host = "" }: EventNote,
  name: string,
  uid: string,
  at: string,
): Event {
  // The scheduler writes through the newer events API: one eventTime with microseconds, and no count.
  const isSeries = component === "default-scheduler";
  return {
    metadata: {
      name,
      namespace: about.namespace,
      uid,
      resourceVersion: "",
      creationTimestamp: at,
      managedFields: [
        {
          manager: component,
          operation: "Update",
          apiVersion: isSeries ? "events.k8s.io/v1" : "v1",
          time: at,
          fieldsType: "FieldsV1",
          fieldsV1: Object.fromEntries(
            [
              "count",
              "firstTimestamp",
              "involvedObject",
              "lastTimestamp",
              "message",
              "reason",
              "reportingComponent",
              "reportingInstance",
              "source",
              "type",
            ].map((field) => [`f:${field}`, {}]),
          ),
        },
      ],
    },
    involvedObject: about,
    reason,
    message,
    source: isSeries ? {} : { component, ...(host === "" ? {} : { host }) },
    firstTimestamp: isSeries ? null : at,
    lastTimestamp: isSeries ? null : at,
    ...(isSeries ? {} : { count: 1 }),
    type,
    eventTime: isSeries ? at.replace("Z", ".000000Z") : null,
    ...(isSeries ? { action: "Binding" } : {}),
    reportingComponent: component,
    reportingInstance: isSeries ? "default-scheduler-control-plane" : host,
  };
}
