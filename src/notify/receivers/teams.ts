/**
 * Microsoft Teams through a Workflows webhook ("Post to a channel when a webhook request is received"): a message with
 * one Adaptive Card. Cards are limited to 28 KB. adaptivecards.io/explorer
 */
import type { Receiver } from "../../ports/notifications.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { type HttpPoster, postJson } from "./http-post.ts";
import { lastLines, shorten } from "./shorten.ts";

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

/** A body with as many alerts as its size allows. */
export function toTeamsBody(message: Message): string {
  for (let shown = Math.min(message.alerts.length, 10); ; shown--) {
    const body = JSON.stringify(toCard(message, shown));
    if (Buffer.byteLength(body) <= MAX_BODY_BYTES || shown <= 0) return body;
  }
}

function toCard(message: Message, shown: number) {
  const rest = message.alerts.length - shown + message.truncated;
  const body = [
    {
      type: "Container",
      style: STYLES[message.severity],
      bleed: true,
      items: [plain(shorten(message.title, 500), { size: "medium", weight: "bolder" })],
    },
    ...(message.facts.length === 0
      ? []
      : [
          {
            type: "FactSet",
            facts: message.facts.map(({ label, value }) => ({ title: label, value: markdown(shorten(value, 300)) })),
          },
        ]),
    ...message.alerts
      .slice(0, Math.max(0, shown))
      .flatMap((alert) => [
        plain(`${alert.resolved ? "✔ " : ""}${shorten(alert.summary, 300)}`, { weight: "bolder" }),
        ...(alert.acknowledgedBy === undefined
          ? []
          : [plain(`acknowledged by ${alert.acknowledgedBy}`, { isSubtle: true })]),
        plain(shorten(alert.description, 1_200)),
        ...(alert.log.length === 0 ? [] : [monospace(lastLines(alert.log, 1_200))]),
        ...(alert.events.length === 0 ? [] : [monospace(lastLines(alert.events.toReversed(), 600))]),
      ]),
    ...(rest > 0 ? [plain(`… and ${rest} more.`)] : []),
    ...(message.command === undefined ? [] : [monospace(message.command)]),
    plain(message.footer, { isSubtle: true, size: "small" }),
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
          fallbackText: shorten(message.title, 500),
          body,
          actions: message.links.slice(0, 6).map(({ text, url }) => ({ type: "Action.OpenUrl", title: text, url })),
        },
      },
    ],
  };
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
