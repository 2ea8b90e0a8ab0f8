/**
 * Microsoft Teams through a Workflows webhook ("Post to a channel when a webhook request is received"): a message with
 * one Adaptive Card. Cards are limited to 28 KB. adaptivecards.io/explorer
 */
import type { Receiver } from "../../ports/notifications.ts";
import { type FittedCause, type FittedMessage, fitted } from "../fit-message.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { type HttpPoster, postJson } from "./http-post.ts";

export interface TeamsOptions {
  readonly name: string;
  readonly url: () => Promise<string>;
  readonly message: MessageOptions;
  readonly poster: HttpPoster;
}

export function createTeams({ name, url, message, poster }: TeamsOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      const body = toTeamsBody(toMessage(notification, message));
      return await postJson(poster, { url: await url(), body }, signal);
    },
  };
}

const MAX_BODY_BYTES = 27_000;
const STYLES = { critical: "attention", warning: "warning", resolved: "good" } as const;

export function toTeamsBody(message: Message): string {
  const render = (part: FittedMessage) => JSON.stringify(toCard(part));
  return fitted(message, render, (body) => Buffer.byteLength(body) <= MAX_BODY_BYTES);
}

function toCard({ severity, title, causes, brief, cut, footer }: FittedMessage) {
  const body = [
    {
      type: "Container",
      style: STYLES[severity],
      bleed: true,
      items: [plain(title, { size: "medium", weight: "bolder" })],
    },
    ...causes.flatMap(causeItems),
    ...brief.flatMap((cause) => [...headline(cause), ...linkItems(cause)]),
    ...(cut === "" ? [] : [plain(cut)]),
    plain(footer, { isSubtle: true, size: "small" }),
  ];
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          msteams: { width: "Full" },
          fallbackText: title,
          body,
        },
      },
    ],
  };
}

function causeItems(cause: FittedCause) {
  const { description, facts, change, log, logTitle, events, eventsTitle, command } = cause;
  const shown = change === undefined ? facts : [...facts, { label: "Changed", value: change }];
  return [
    ...headline(cause),
    plain(description),
    { type: "FactSet", facts: shown.map(({ label, value }) => ({ title: label, value: markdown(value) })) },
    ...(log === "" ? [] : [plain(logTitle, { isSubtle: true }), monospace(log)]),
    ...(events === "" ? [] : [plain(eventsTitle, { isSubtle: true }), monospace(events)]),
    ...(command === "" ? [] : [monospace(command)]),
    ...linkItems(cause),
  ];
}

function headline({ heading, why, acknowledgedBy }: FittedCause) {
  return [
    { ...plain(heading, { weight: "bolder" }), separator: true },
    ...(acknowledgedBy === undefined ? [] : [plain(`Acknowledged by ${acknowledgedBy}`, { isSubtle: true })]),
    plain(why),
  ];
}

function linkItems({ links }: FittedCause) {
  if (links.length === 0) return [];
  return [{ type: "ActionSet", actions: links.map(({ text, url }) => ({ type: "Action.OpenUrl", title: text, url })) }];
}

/** Text runs are plain text, unlike text blocks, which contain Markdown. */
function plain(text: string, style: Readonly<Record<string, unknown>> = {}) {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", text, ...style }] };
}

function monospace(text: string) {
  return plain(text, { fontType: "monospace", size: "small" });
}

/** Facts contain Markdown, so its characters are escaped. */
function markdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~]/g, "\\$&");
}
