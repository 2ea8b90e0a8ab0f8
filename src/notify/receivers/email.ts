/** E-mail over SMTP, as text and HTML, with one thread per group. */
import type { Notification, Receiver, SendFailure, SendResult } from "../../ports/notifications.ts";
import { type FittedCause, type FittedMessage, fitted } from "../fit-message.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { redact } from "./http-post.ts";
import { shorten } from "./shorten.ts";

export interface EmailOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `starttls` requires it of the server. `none` sends everything unencrypted, including the password. */
  readonly security: "starttls" | "tls" | "none";
  readonly username: string | undefined;
  readonly password: (() => Promise<string>) | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly ca?: () => Promise<string>;
  /** Proxy for a tunnel (CONNECT), such as `http://proxy:3128`. */
  readonly proxy?: () => Promise<string | undefined>;
  readonly timeout: number;
  readonly message: MessageOptions;
}

export function createEmail(options: EmailOptions): Receiver {
  // Loaded where a receiver is configured. A failure shows with each message.
  const loading = import("nodemailer");
  loading.catch(() => {});
  return {
    name: options.name,
    async send(notification, signal) {
      const { createTransport } = await loading;
      const [password, ca, proxy] = await Promise.all([options.password?.(), options.ca?.(), options.proxy?.()]);
      const transport = createTransport({
        host: options.host,
        port: options.port,
        secure: options.security === "tls",
        requireTLS: options.security === "starttls",
        ignoreTLS: options.security === "none",
        ...(options.username === undefined ? {} : { auth: { user: options.username, pass: password ?? "" } }),
        ...(ca === undefined ? {} : { tls: { ca } }),
        ...(proxy === undefined ? {} : { proxy }),
        connectionTimeout: options.timeout,
        greetingTimeout: options.timeout,
        socketTimeout: options.timeout,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const late = Promise.withResolvers<never>();
      const abort = () => {
        transport.close();
        late.reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      try {
        const mail = toMail(notification, toMessage(notification, options.message), options);
        await Promise.race([transport.sendMail(mail), late.promise]);
        return { delivered: true };
      } catch (error) {
        return judge(error, options, password === undefined ? [] : [password]);
      } finally {
        signal.removeEventListener("abort", abort);
        transport.close();
      }
    },
  };
}

export function toMail(notification: Notification, message: Message, { from, to }: Pick<EmailOptions, "from" | "to">) {
  const thread = messageId(`${notification.groupKey}.${notification.since.toString(36)}`);
  const own = messageId(notification.id);
  return {
    from,
    to: [...to],
    // A line break would start another header.
    subject: shorten(message.title.replace(/\s+/g, " "), 200),
    messageId: own,
    // All messages refer to one that is never sent, because the first one may have been lost.
    inReplyTo: thread,
    references: thread,
    date: new Date(notification.createdAt),
    headers: {
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      "X-Pod-Watcher-Id": notification.id,
    },
    priority: message.severity === "critical" ? ("high" as const) : ("normal" as const),
    text: toText(message),
    html: toHtml(message),
  };
}

function messageId(id: string): string {
  return `<${id}@pod-watcher>`;
}

function judge(error: unknown, { host, port }: EmailOptions, secrets: readonly string[]): SendResult {
  const { code, responseCode, response, name } = error as {
    code?: unknown;
    responseCode?: unknown;
    response?: unknown;
    name?: unknown;
  };
  const server = `${host}:${port}`;
  const failed = (reason: SendFailure, retry: boolean, detail: string): SendResult => ({
    delivered: false,
    retry,
    reason,
    detail: `${server} ${detail}`,
  });
  if (name === "TimeoutError" || code === "ETIMEDOUT") return failed("timeout", true, "timed out");
  if (typeof responseCode === "number") {
    const text =
      typeof response === "string" ? `: ${shorten(redact(response.replace(/\s+/g, " "), secrets), 200)}` : "";
    if (code === "EAUTH" || responseCode === 530 || responseCode === 535) {
      return failed("authError", true, `rejected the login with ${responseCode}${text}`);
    }
    if (responseCode === 552) return failed("tooLarge", false, `rejected the message with 552${text}`);
    // 4xx is temporary, 5xx is permanent (RFC 5321, 4.2.1).
    return responseCode >= 500
      ? failed("clientError", false, `rejected the message with ${responseCode}${text}`)
      : failed("serverError", true, `cannot accept the message now: ${responseCode}${text}`);
  }
  if (code === "EAUTH") return failed("authError", true, "offers no supported login method");
  if (code === "ETLS")
    return failed("network", true, "does not offer STARTTLS, or its certificate is not trusted (ca_file)");
  if (code === "EENVELOPE") return failed("clientError", false, "rejected the sender or all recipients");
  const reason = typeof code === "string" ? ` (${code})` : "";
  return failed("network", true, `cannot be reached, closed the connection, or has an untrusted certificate${reason}`);
}

// ─── Rendering ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Mail programs show a part only of a longer message; Gmail does so above 102 KB. */
const MAX_PART_BYTES = 100_000;
const isShort = (part: string) => Buffer.byteLength(part) <= MAX_PART_BYTES;

export function toText(message: Message): string {
  return fitted(message, textOf, isShort);
}

function textOf({ title, causes, brief, cut, footer }: FittedMessage): string {
  const lines = [
    title,
    ...causes.flatMap((cause) => [
      ...textHeadline(cause),
      cause.description,
      "",
      ...cause.facts.map(({ label, value }) => `${`${label}:`.padEnd(14)} ${value}`),
      ...(cause.change === undefined ? [] : [`${"Changed:".padEnd(14)} ${cause.change}`]),
      ...(cause.log === "" ? [] : ["", `${cause.logTitle}:`, indent(cause.log)]),
      ...(cause.events === "" ? [] : ["", `${cause.eventsTitle}:`, indent(cause.events)]),
      ...(cause.command === "" ? [] : ["", `Command: ${cause.command}`]),
      ...(cause.links.length === 0 ? [] : [""]),
      ...cause.links.map(({ text, url }) => `${text}: ${url}`),
    ]),
    ...brief.flatMap((cause) => [...textHeadline(cause), ...cause.links.slice(0, 1).map(({ url }) => url)]),
    ...(cut === "" ? [] : ["", cut]),
    "",
    "-- ",
    footer,
  ];
  return `${lines.join("\n")}\n`;
}

function textHeadline({ heading, why, acknowledgedBy }: FittedCause): readonly string[] {
  return ["", `${heading}${acknowledged(acknowledgedBy)}`, why];
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}

function acknowledged(by: string | undefined): string {
  return by === undefined ? "" : ` (acknowledged by ${by})`;
}

const COLOURS = { critical: "#c9190b", warning: "#f0ab00", resolved: "#3e8635" } as const;

/** Plain tables and inline styles, which mail clients render alike. */
export function toHtml(message: Message): string {
  return fitted(message, htmlOf, isShort);
}

function htmlOf({ severity, title, causes, brief, cut, footer }: FittedMessage): string {
  return `<!doctype html>
<html><body style="font-family:sans-serif;font-size:14px;color:#151515;margin:0;padding:16px">
<h2 style="font-size:17px;margin:0 0 12px;padding:8px 12px;border-left:6px solid ${COLOURS[severity]}">${escapeHtml(title)}</h2>${causes.map(htmlCause).join("")}${brief.map((cause) => `${htmlHeadline(cause)}${htmlLinks(cause)}`).join("")}
${cut === "" ? "" : `<p>${escapeHtml(cut)}</p>`}
<p style="color:#6a6e73;font-size:12px">${escapeHtml(footer)}</p>
</body></html>
`;
}

function htmlCause(cause: FittedCause): string {
  const { description, facts, change, log, logTitle, events, eventsTitle, command } = cause;
  const rows = (change === undefined ? facts : [...facts, { label: "Changed", value: change }]).map(
    ({ label, value }) =>
      `<tr><td style="padding:2px 12px 2px 0;color:#6a6e73">${escapeHtml(label)}</td><td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
  );
  return `${htmlHeadline(cause)}
<p style="margin:0 0 8px">${escapeHtml(description)}</p>
<table style="border-collapse:collapse">${rows.join("")}</table>${pre(logTitle, log)}${pre(eventsTitle, events)}${pre("Command", command)}${htmlLinks(cause)}`;
}

function htmlHeadline({ severity, heading, why, acknowledgedBy }: FittedCause): string {
  return `
<h3 style="font-size:15px;margin:20px 0 4px;padding-left:8px;border-left:4px solid ${COLOURS[severity]}">${escapeHtml(heading)}${escapeHtml(acknowledged(acknowledgedBy))}</h3>
<p style="margin:0 0 8px"><b>${escapeHtml(why)}</b></p>`;
}

function htmlLinks({ links }: FittedCause): string {
  if (links.length === 0) return "";
  const shown = links.map(({ text, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`);
  return `
<p>${shown.join(" · ")}</p>`;
}

function pre(title: string, text: string): string {
  if (text === "") return "";
  return `
<p style="margin:8px 0 2px;color:#6a6e73">${escapeHtml(title)}</p>
<pre style="background:#f0f0f0;padding:8px;margin:0;white-space:pre-wrap;font-size:12px">${escapeHtml(text)}</pre>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
