/** E-mail over SMTP, as text and HTML, with one thread per group. */
import type { Notification, Receiver, SendFailure, SendResult } from "../../ports/notifications.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { redact } from "./http-post.ts";
import { lastLines, shorten } from "./shorten.ts";

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

const MAX_LOG_LENGTH = 8_000;

export function toText(message: Message): string {
  const lines = [
    message.title,
    "",
    ...message.facts.map(({ label, value }) => `${`${label}:`.padEnd(12)} ${value}`),
    ...message.alerts.flatMap((alert) => [
      "",
      `${alert.resolved ? "[resolved] " : ""}${alert.summary}${acknowledged(alert.acknowledgedBy)}`,
      alert.description,
      ...(alert.log.length === 0 ? [] : ["", "Last log lines:", indent(lastLines(alert.log, MAX_LOG_LENGTH))]),
      ...(alert.events.length === 0 ? [] : ["", "Events, newest first:", indent(alert.events.join("\n"))]),
      ...(alert.link === undefined ? [] : [alert.link]),
    ]),
    ...(message.truncated > 0 ? ["", `… and ${message.truncated} more.`] : []),
    ...(message.command === undefined ? [] : ["", `Command: ${message.command}`]),
    ...message.links.map(({ text, url }) => `${text}: ${url}`),
    "",
    "-- ",
    message.footer,
  ];
  return `${lines.join("\n")}\n`;
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
  const alerts = message.alerts.map(
    (alert) => `
<h3 style="font-size:15px;margin:20px 0 4px">${alert.resolved ? "✔ " : ""}${escapeHtml(alert.summary)}${escapeHtml(acknowledged(alert.acknowledgedBy))}</h3>
<p style="margin:0 0 8px">${escapeHtml(alert.description)}</p>${pre("Last log lines", lastLines(alert.log, MAX_LOG_LENGTH))}${pre("Events, newest first", alert.events.join("\n"))}`,
  );
  const facts = message.facts.map(
    ({ label, value }) =>
      `<tr><td style="padding:2px 12px 2px 0;color:#6a6e73">${escapeHtml(label)}</td><td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
  );
  const links = message.links.map(({ text, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`);
  return `<!doctype html>
<html><body style="font-family:sans-serif;font-size:14px;color:#151515;margin:0;padding:16px">
<h2 style="font-size:17px;margin:0 0 12px;padding:8px 12px;border-left:6px solid ${COLOURS[message.severity]}">${escapeHtml(message.title)}</h2>
<table style="border-collapse:collapse">${facts.join("")}</table>${alerts.join("")}
${message.truncated > 0 ? `<p>… and ${message.truncated} more.</p>` : ""}${pre("Command", message.command ?? "")}
<p>${links.join(" · ")}</p>
<p style="color:#6a6e73;font-size:12px">${escapeHtml(message.footer)}</p>
</body></html>
`;
}

function pre(title: string, text: string): string {
  if (text === "") return "";
  return `
<p style="margin:8px 0 2px;color:#6a6e73">${title}</p>
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
