/** Cuts a message to the size that a service accepts, and says what was cut. */
import type { Message, MessageCause } from "./message.ts";
import { lastLines, shorten } from "./receivers/shorten.ts";

/** A message with shortened texts. */
export interface FittedMessage extends Pick<Message, "status" | "severity" | "title" | "footer"> {
  /** In full. */
  readonly causes: readonly FittedCause[];
  /** Further ones, of which heading, sentence and links are shown. */
  readonly brief: readonly FittedCause[];
  /** Sentences about missing parts; empty if nothing is missing. */
  readonly cut: string;
}

export interface FittedCause extends Omit<MessageCause, "log" | "events" | "example"> {
  /** Lines; empty if there are none. */
  readonly log: string;
  readonly events: string;
  /** `Last log lines of checkout-a`. */
  readonly logTitle: string;
  readonly eventsTitle: string;
}

/** From the complete message to the smallest one. */
const EXTENTS: readonly Extent[] = [
  { full: 5, brief: 20, scale: 1 },
  { full: 3, brief: 10, scale: 1 },
  { full: 1, brief: 10, scale: 1 },
  { full: 1, brief: 5, scale: 0.5 },
  { full: 1, brief: 0, scale: 0.3 },
  { full: 1, brief: 0, scale: 0.1 },
];

interface Extent {
  readonly full: number;
  readonly brief: number;
  /** Of the lengths of texts. */
  readonly scale: number;
}

/** The largest rendering that fits. The smallest one has some thousand characters, and fits everywhere. */
export function fitted<T>(message: Message, render: (message: FittedMessage) => T, fits: (rendered: T) => boolean): T {
  for (const extent of EXTENTS.slice(0, -1)) {
    const rendered = render(cutTo(message, extent));
    if (fits(rendered)) return rendered;
  }
  return render(cutTo(message, EXTENTS.at(-1)!));
}

/** In UTF-16 units. */
const LENGTHS = { title: 400, heading: 250, why: 300, value: 300, change: 400, by: 200, description: 1_500 } as const;
const LOG_LENGTH = 1_500;
const EVENTS_LENGTH = 800;
const MAX_URL = 2_000;
const MAX_COMMAND = 800;

function cutTo({ status, severity, title, footer, causes, ...rest }: Message, extent: Extent): FittedMessage {
  const { full, brief, scale } = extent;
  const length = (limit: number) => Math.ceil(limit * scale);
  return {
    status,
    severity,
    // The title is the one text that is read at first sight.
    title: shorten(title, Math.max(length(LENGTHS.title), 150)),
    footer: shorten(footer, length(300)),
    causes: causes.slice(0, full).map((cause) => cutCause(cause, length)),
    brief: causes.slice(full, full + brief).map((cause) => cutCause(cause, length)),
    cut: describeCut(Math.max(0, causes.length - full - brief) + rest.moreCauses, rest.moreAlerts, scale),
  };
}

function cutCause(cause: MessageCause, length: (limit: number) => number): FittedCause {
  const { heading, why, description, facts, change, acknowledgedBy, example, log, events, links, command } = cause;
  const of = example === undefined ? "" : ` of ${shorten(example, 253)}`;
  return {
    severity: cause.severity,
    heading: shorten(heading, length(LENGTHS.heading)),
    why: shorten(why, length(LENGTHS.why)),
    description: shorten(description, length(LENGTHS.description)),
    facts: facts.map(({ label, value }) => ({ label, value: shorten(value, length(LENGTHS.value)) })),
    change: change && shorten(change, length(LENGTHS.change)),
    acknowledgedBy: acknowledgedBy && shorten(acknowledgedBy, length(LENGTHS.by)),
    log: lastLines(log, length(LOG_LENGTH)),
    logTitle: `Last log lines${of}`,
    events: lastLines(events.toReversed(), length(EVENTS_LENGTH)),
    eventsTitle: `Warnings of Kubernetes${of === "" ? "" : ` about${of.slice(3)}`}, oldest first`,
    // A part of a link or of a command is of no use.
    links: links.filter(({ url }) => url.length <= MAX_URL),
    command: command.length <= MAX_COMMAND ? command : "",
  };
}

function describeCut(causes: number, alerts: number, scale: number): string {
  const sentences = [
    causes > 0 ? `… and ${causes} more ${causes === 1 ? "cause" : "causes"}.` : "",
    alerts > 0 ? `… and ${alerts} more ${alerts === 1 ? "alert" : "alerts"}.` : "",
    scale < 1 ? "Texts were shortened to fit." : "",
  ];
  return sentences.filter(Boolean).join(" ");
}
