/**
 * Slack: an incoming webhook, or a bot that posts one thread per group and keeps its first message up to date.
 * Formats and limits: docs.slack.dev, "Formatting message text" and "Blocks".
 */
import { own } from "../../core/model/own.ts";
import type { Notification, Receiver, SendResult } from "../../ports/notifications.ts";
import { type FittedCause, type FittedMessage, fitted } from "../fit-message.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { excerpt, type HttpPoster, judgeStatus, postJson } from "./http-post.ts";

export type SlackOptions = {
  readonly name: string;
  readonly message: MessageOptions;
  readonly poster: HttpPoster;
} & (
  | { readonly webhookUrl: () => Promise<string> }
  | {
      readonly token: () => Promise<string>;
      readonly channel: string;
      /** Default: `https://slack.com/api`. */
      readonly apiUrl?: string;
    }
);

export function createSlack(options: SlackOptions): Receiver {
  const { name, poster, message } = options;
  if ("webhookUrl" in options) {
    return {
      name,
      async send(notification, signal) {
        const body = JSON.stringify(toSlackMessage(toMessage(notification, message)));
        return await postJson(poster, { url: await options.webhookUrl(), body }, signal);
      },
    };
  }
  return {
    name,
    async send(notification, signal) {
      const token = await options.token();
      const api: Api = { poster, token, url: options.apiUrl ?? "https://slack.com/api", signal };
      const content = toSlackMessage(toMessage(notification, message));
      return await postToThread(api, options.channel, notification, content);
    },
  };
}

interface Api {
  readonly poster: HttpPoster;
  readonly token: string;
  readonly url: string;
  readonly signal: AbortSignal;
}

/** The first message of a thread always shows the current state; each change is a reply to it. */
async function postToThread(
  api: Api,
  channel: string,
  notification: Notification,
  content: SlackMessage,
): Promise<SendResult> {
  const thread = parseReference(notification.reference);
  if (thread === undefined) {
    const posted = await call(api, "chat.postMessage", { channel, ...content });
    return posted.result.delivered ? { delivered: true, ...reference(posted.answer) } : posted.result;
  }
  const updated = await call(api, "chat.update", { ...thread, ...content });
  // If the message was deleted or is too old to be updated, the reply is still posted.
  if (!updated.result.delivered && !UNCHANGEABLE.has(updated.error ?? "")) return updated.result;
  const reply = { text: content.text, unfurl_links: false };
  const replied = await call(api, "chat.postMessage", { channel: thread.channel, thread_ts: thread.ts, ...reply });
  if (!replied.result.delivered) return replied.result;
  return { delivered: true, reference: JSON.stringify(thread) };
}

const UNCHANGEABLE: ReadonlySet<string> = new Set(["message_not_found", "cant_update_message", "edit_window_closed"]);

/** Errors that Slack returns with status 200. */
const ERRORS: Readonly<Record<string, Pick<Extract<SendResult, { delivered: false }>, "retry" | "reason">>> = {
  ratelimited: { retry: true, reason: "rateLimited" },
  rate_limited: { retry: true, reason: "rateLimited" },
  invalid_auth: { retry: true, reason: "authError" },
  not_authed: { retry: true, reason: "authError" },
  account_inactive: { retry: true, reason: "authError" },
  token_revoked: { retry: true, reason: "authError" },
  token_expired: { retry: true, reason: "authError" },
  missing_scope: { retry: true, reason: "authError" },
  // May be fixed before the next attempt, by inviting the bot or unarchiving the channel.
  not_in_channel: { retry: true, reason: "clientError" },
  channel_not_found: { retry: true, reason: "clientError" },
  is_archived: { retry: true, reason: "clientError" },
  internal_error: { retry: true, reason: "serverError" },
  fatal_error: { retry: true, reason: "serverError" },
  service_unavailable: { retry: true, reason: "serverError" },
  request_timeout: { retry: true, reason: "timeout" },
  msg_too_long: { retry: false, reason: "tooLarge" },
  msg_blocks_too_long: { retry: false, reason: "tooLarge" },
};

interface Called {
  readonly result: SendResult;
  readonly answer: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

async function call({ poster, token, url, signal }: Api, method: string, body: object): Promise<Called> {
  const message = {
    url: `${url}/${method}`,
    headers: { "content-type": "application/json; charset=utf-8", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
    secrets: [token],
  };
  const response = await poster.post(message, signal);
  if (!response.answered) return { result: response.failure, answer: {} };
  const judged = judgeStatus(response, message);
  if (!judged.delivered) return { result: judged, answer: {} };
  const answer = parseObject(response.body);
  if (answer.ok === true) return { result: { delivered: true }, answer };
  const error = typeof answer.error === "string" ? answer.error : undefined;
  const meaning = own(ERRORS, error ?? "") ?? {
    retry: error === undefined,
    reason: error === undefined ? ("serverError" as const) : ("clientError" as const),
  };
  const reason = error === undefined ? "an invalid response" : excerpt(error, message).slice(2);
  const again = response.retryAfter === undefined ? {} : { retryAfter: response.retryAfter };
  return {
    result: { delivered: false, ...meaning, ...again, detail: `Slack responded to ${method} with ${reason}` },
    answer,
    ...(error === undefined ? {} : { error }),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function reference(answer: Readonly<Record<string, unknown>>): { reference?: string } {
  const { channel, ts } = answer;
  return typeof channel === "string" && typeof ts === "string" ? { reference: JSON.stringify({ channel, ts }) } : {};
}

function parseReference(text: string | undefined): { readonly channel: string; readonly ts: string } | undefined {
  const { channel, ts } = parseObject(text ?? "");
  return typeof channel === "string" && typeof ts === "string" ? { channel, ts } : undefined;
}

// ─── Rendering ───────────────────────────────────────────────────────────────────────────────────────────────────

const COLOURS = { critical: "#c9190b", warning: "#f0ab00", resolved: "#3e8635" } as const;
const MARKS = { critical: "🔴", warning: "🟡", resolved: "✅" } as const;

/** A section has 3,000 characters and its fields 2,000, a message 50 blocks (docs.slack.dev, "Block Kit", "Section block"). */
const MAX_BLOCKS = 50;
const MAX_SECTION = 3_000;
const MAX_FIELD = 2_000;
const MAX_FIELDS = 10;
/** Of all blocks together, so that a message stays readable; below what `msg_blocks_too_long` is about. */
const MAX_MESSAGE = 12_000;

export interface SlackMessage {
  readonly text: string;
  readonly attachments: readonly { readonly color: string; readonly blocks: readonly SlackBlock[] }[];
}

interface SlackText {
  readonly type: "mrkdwn";
  readonly text: string;
}

type SlackBlock =
  | { readonly type: "section"; readonly text: SlackText }
  | { readonly type: "section"; readonly fields: readonly SlackText[] }
  | { readonly type: "context"; readonly elements: readonly SlackText[] };

/** `text` is shown by push notifications and by clients without blocks. */
export function toSlackMessage(message: Message): SlackMessage {
  return fitted(message, render, ({ attachments: [attachment] }) => fitsSlack(attachment!.blocks));
}

function fitsSlack(blocks: readonly SlackBlock[]): boolean {
  const texts = blocks.flatMap((block) =>
    "text" in block
      ? [{ text: block.text.text, limit: MAX_SECTION }]
      : ("fields" in block ? block.fields : block.elements).map(({ text }) => ({ text, limit: MAX_FIELD })),
  );
  const total = texts.reduce((sum, { text }) => sum + text.length, 0);
  return blocks.length <= MAX_BLOCKS && total <= MAX_MESSAGE && texts.every(({ text, limit }) => text.length <= limit);
}

function render({ severity, title, causes, brief, cut, footer }: FittedMessage): SlackMessage {
  const blocks = [
    ...causes.flatMap(causeBlocks),
    ...brief.map((cause) => section(`${headline(cause)}\n${linkLine(cause)}`.trim())),
    ...(cut === "" ? [] : [section(cut)]),
    { type: "context", elements: [mrkdwn(escapeText(footer))] } as const,
  ];
  return {
    text: `${MARKS[severity]} ${escapeText(title)}`,
    attachments: [{ color: COLOURS[severity], blocks }],
  };
}

function causeBlocks(cause: FittedCause): readonly SlackBlock[] {
  const { description, facts, change, log, logTitle, events, eventsTitle, command } = cause;
  const fields = facts.slice(0, MAX_FIELDS).map(({ label, value }) => mrkdwn(`*${label}*\n${escapeText(value)}`));
  const changed = change === undefined ? "" : `\n*Changed*: ${escapeText(change)}`;
  const links = linkLine(cause);
  return [
    section(`${headline(cause)}\n${escapeText(description)}${changed}`),
    { type: "section", fields },
    ...(log === "" ? [] : [section(`${escapeText(logTitle)}:\n${code(log)}`)]),
    ...(events === "" ? [] : [section(`${escapeText(eventsTitle)}:\n${code(events)}`)]),
    section([links, command === "" ? "" : code(command)].filter(Boolean).join("\n") || "No links."),
  ];
}

function headline({ severity, heading, why, acknowledgedBy }: FittedCause): string {
  const by = acknowledgedBy === undefined ? "" : ` _(acknowledged by ${escapeText(acknowledgedBy)})_`;
  return `${MARKS[severity]} *${escapeText(heading)}*${by}\n${escapeText(why)}`;
}

function linkLine({ links }: FittedCause): string {
  return links.map(({ text, url }) => `<${escapeUrl(url)}|${escapeText(text)}>`).join(" · ");
}

function section(text: string): SlackBlock {
  return { type: "section", text: mrkdwn(text) };
}

function mrkdwn(text: string): SlackText {
  return { type: "mrkdwn", text };
}

/** Escapes the three characters of Slack's markup. Its marks cannot be escaped, so they are separated from words. */
function escapeText(text: string): string {
  return entities(text).replace(/(?<![\p{L}\p{N}])[*_~`]|[*_~`](?![\p{L}\p{N}])/gu, "\u200B$&\u200B");
}

/** A code block, which only its own fence could end. */
function code(text: string): string {
  return `\`\`\`${entities(text).replaceAll("```", "'''")}\`\`\``;
}

function entities(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function escapeUrl(url: string): string {
  return entities(url.replaceAll("|", "%7C").replaceAll(">", "%3E").replaceAll("<", "%3C"));
}
