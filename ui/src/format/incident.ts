import { DAY, type Duration, HOUR, type Instant, MINUTE } from "../../../src/core/model/time.ts";
import type { Incident, IncidentChange, IncidentNow } from "../../../src/http/base/api-types.ts";
import { plural } from "./text.ts";
import { relative, shortMinute, type Zone } from "./time.ts";

/** `50 s`, `31 min`, `2 h 10 min`, `3 d 4 h`: two units, because ten minutes matter in an incident of two hours. */
export function span(length: Duration): string {
  const time = Math.max(0, length);
  if (time < MINUTE) return `${Math.floor(time / 1_000)} s`;
  if (time < HOUR) return `${Math.floor(time / MINUTE)} min`;
  if (time < DAY) return join(`${Math.floor(time / HOUR)} h`, Math.floor((time % HOUR) / MINUTE), "min");
  return join(`${Math.floor(time / DAY)} d`, Math.floor((time % DAY) / HOUR), "h");
}

function join(first: string, rest: number, unit: string): string {
  return rest === 0 ? first : `${first} ${rest} ${unit}`;
}

interface AsOf {
  readonly now: Instant;
  readonly zone: Zone;
}

/** `since 18:36`, `since at least 18:51`, `on and off since 18:36` */
export function sinceText({ since, sinceAtLeast, onAndOff }: Incident, { now, zone }: AsOf): string {
  const at = shortMinute(since, now, zone);
  if (onAndOff === true) return `on and off since ${at}`;
  return sinceAtLeast === true ? `since at least ${at}` : `since ${at}`;
}

/** The rest after the word of `now`: the next attempt, how long, or how the last run ended. */
export function nowDetail(status: IncidentNow, { now, zone }: AsOf): string {
  const { word, since, nextAttemptAt, detail, last } = status;
  if (last !== undefined) return `${last.text} ${shortMinute(last.at, now, zone)}`;
  if (nextAttemptAt !== undefined) {
    if (/^Last run/.test(word)) return `next ${shortMinute(nextAttemptAt, now, zone)}`;
    return nextAttemptAt > now ? `retry in ${span(nextAttemptAt - now)}` : "retry is due";
  }
  if (detail !== undefined) return detail;
  return since === undefined || word === "Running" ? "" : `since ${span(now - since)}`;
}

/** `Running 4 min`, `CrashLoopBackOff` */
export function nowWord({ word, since }: IncidentNow, now: Instant): string {
  return word === "Running" && since !== undefined ? `Running ${span(now - since)}` : word;
}

/** The status of an incident as one text. */
export function nowTitle({ now: status }: Incident, asOf: AsOf): string | undefined {
  if (status === undefined) return undefined;
  return [nowWord(status, asOf.now), nowDetail(status, asOf)].filter(Boolean).join(" · ");
}

/** `22 (20 in 4 h)`, `7 all in 4 h`, `–` */
export function restartsText({ restarts }: Incident, window: string): readonly [total: string, rest: string] {
  if (restarts === undefined) return ["–", ""];
  const { total, window: within } = restarts;
  if (total === within) return [String(total), total === 0 ? "" : `all in ${window}`];
  return [String(total), `(${within} in ${window})`];
}

/** The part of an image that differs between revisions: its tag, or the start of its digest. */
export function imageTag(image: string): string {
  const digest = /@sha256:([0-9a-f]{8})/.exec(image)?.[1];
  if (digest !== undefined) return `sha256:${digest}…`;
  const last = image.slice(image.lastIndexOf("/") + 1);
  return last.includes(":") ? last.slice(last.indexOf(":") + 1) : last;
}

function revisionText(revision: string | undefined, image: string | undefined): string {
  const tag = image === undefined ? undefined : imageTag(image);
  if (revision === undefined) return tag ?? "the new revision";
  return tag === undefined ? revision : `${revision} (${tag})`;
}

/** One sentence about what changed around the start. */
export function changeText(change: IncidentChange, { now, zone }: AsOf): string {
  const { kind, at, revision, image, previousImage, previousRevision, replicas, previousReplicas, effect } = change;
  const when = shortMinute(at, now, zone);
  const healthy = (change.healthy ?? []).map((each) => revisionText(each.revision, each.image));
  if (kind === "scale" && replicas !== undefined) {
    const from = previousReplicas === undefined ? "" : `from ${previousReplicas} `;
    return `Scaled ${from}to ${plural(replicas, "pod")} at ${when}.`;
  }
  const tag = image === undefined ? undefined : imageTag(image);
  const rolledOut = tag === undefined ? `rolled out ${when}` : `${tag}, rolled out ${when}`;
  if (effect === "only-new-fails") {
    const others =
      healthy.length === 0 ? "" : `; ${healthy.join(" and ")} ${healthy.length === 1 ? "is" : "are"} healthy`;
    return `Only revision ${revision ?? "the new one"} (${rolledOut}) fails${others}.`;
  }
  if (effect === "began-with-it") {
    const before = healthy.length > 0 ? healthy.join(" and ") : revisionText(previousRevision, previousImage);
    return `Began with revision ${revision ?? "the new one"} (${rolledOut}); ${before} was healthy.`;
  }
  const images = previousImage !== undefined && tag !== undefined ? `: image ${imageTag(previousImage)} to ${tag}` : "";
  const never = effect === "never-started" ? " No pod of the new revision has ever started." : "";
  return `${kind === "image" ? "Image changed" : "Rolled out"} ${when}${images}.${never}`;
}

/** `checkout`, and `Deployment · shop` or where else it is. */
export function incidentName({ kind, namespace, workload, key }: Incident): {
  readonly name: string;
  readonly of: string;
} {
  const [type = "", ...rest] = (workload ?? "").split("/");
  if (kind === "cluster") return { name: "Cluster", of: "" };
  if (kind === "namespace") return { name: namespace ?? key, of: "Namespace" };
  return { name: rest.join("/") || key, of: type };
}

const LEVELS = { c: "critical", u: "unknown", w: "warning" } as const;

/** The strip as text. */
export function stripText(strip: string): string {
  const parts = Object.entries(LEVELS).flatMap(([letter, word]) => {
    const number = [...strip].filter((each) => each === letter).length;
    return number === 0 ? [] : `${word} in ${number} of 48 half hours`;
  });
  return `Last 24 hours: ${parts.length === 0 ? "no problem" : parts.join(", ")}`;
}

/** One incident as one line of text, for the next shift. */
export function incidentLine(incident: Incident, { now, zone }: AsOf): string {
  const { name, of } = incidentName(incident);
  const { handling, severity, why, namespace } = incident;
  const who =
    handling.ack !== undefined
      ? `acknowledged by ${handling.ack.by}`
      : handling.silenced !== undefined
        ? `silenced until ${shortMinute(handling.silenced.until, now, zone)}`
        : "not acknowledged";
  const where = [of, namespace].filter(Boolean).join(" in ");
  return `${severity.toUpperCase()} ${name} (${where}), ${relative(incident.since, now)}: ${why} ${who}.`;
}
