/** E-mail over SMTP, as text and HTML, one thread a conversation. */
import { createTransport } from "nodemailer";
import type { Notification, Receiver, SendFailure, SendResult } from "../../ports/notifications.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { redact } from "./http-post.ts";
import { lastLines, shorten } from "./shorten.ts";

export interface EmailOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `starttls` refuses a server that does not offer it; `none` sends in the clear, also the password. */
  readonly security: "starttls" | "tls" | "none";
  readonly username: string | undefined;
  readonly password: (() => Promise<string>) | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly ca?: () => Promise<string>;
  /** `http://proxy:3128`: asked for a tunnel (CONNECT). */
  readonly proxy?: () => Promise<string | undefined>;
  readonly timeout: number;
  readonly message: MessageOptions;
}

export function createEmail(options: EmailOptions): Receiver {
  return {
    name: options.name,
    async send(notification, signal) {
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
  const conversation = messageId(`${notification.groupKey}.${notification.since.toString(36)}`);
  const own = messageId(notification.id);
  return {
    from,
    to: [...to],
    // A line break would begin another header.
    subject: shorten(message.title.replace(/\s+/g, " "), 200),
    messageId: own,
    // The first message of a conversation may have got lost: all refer to one that nobody ever sent.
    inReplyTo: conversation,
    references: conversation,
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
  const place = `${host}:${port}`;
  const no = (reason: SendFailure, retry: boolean, detail: string): SendResult => ({
    delivered: false,
    retry,
    reason,
    detail: `${place} ${detail}`,
  });
  if (name === "TimeoutError" || code === "ETIMEDOUT") return no("timeout", true, "did not answer in time");
  if (typeof responseCode === "number") {
    const said =
      typeof response === "string" ? `: ${shorten(redact(response.replace(/\s+/g, " "), secrets), 200)}` : "";
    if (code === "EAUTH" || responseCode === 530 || responseCode === 535) {
      return no("authError", true, `refuses the sign-in with ${responseCode}${said}`);
    }
    if (responseCode === 552) return no("tooLarge", false, `refuses the message with 552${said}`);
    // 4xx passes, 5xx does not (RFC 5321, 4.2.1).
    return responseCode >= 500
      ? no("clientError", false, `refuses the message with ${responseCode}${said}`)
      : no("serverError", true, `cannot take the message now: ${responseCode}${said}`);
  }
  if (code === "EAUTH") return no("authError", true, "offers no way to sign in that we know");
  if (code === "ETLS")
    return no("network", true, "does not offer STARTTLS, or its certificate is not trusted (ca_file)");
  if (code === "EENVELOPE") return no("clientError", false, "was given no address that it takes");
  const reason = typeof code === "string" ? ` (${code})` : "";
  return no(
    "network",
    true,
    `cannot be reached, broke the connection or has a certificate that is not trusted${reason}`,
  );
}

// ─── Rendering ───────────────────────────────────────────────────────────────────────────────────────────────────

const MAX_LOG = 8_000;

export function toText(message: Message): string {
  const lines = [
    message.title,
    "",
    ...message.facts.map(({ label, value }) => `${`${label}:`.padEnd(12)} ${value}`),
    ...message.alerts.flatMap((alert) => [
      "",
      `${alert.resolved ? "[resolved] " : ""}${alert.summary}${taken(alert.acknowledgedBy)}`,
      alert.description,
      ...(alert.log.length === 0 ? [] : ["", "Last words:", indent(lastLines(alert.log, MAX_LOG))]),
      ...(alert.events.length === 0 ? [] : ["", "Events, newest first:", indent(alert.events.join("\n"))]),
      ...(alert.link === undefined ? [] : [alert.link]),
    ]),
    ...(message.truncated > 0 ? ["", `… and ${message.truncated} more.`] : []),
    ...(message.command === undefined ? [] : ["", `Look further: ${message.command}`]),
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

function taken(by: string | undefined): string {
  return by === undefined ? "" : ` (taken by ${by})`;
}

const COLOURS = { critical: "#c9190b", warning: "#f0ab00", resolved: "#3e8635" } as const;

/** Plain tables and inline styles: what mail programs show alike. */
export function toHtml(message: Message): string {
  const alerts = message.alerts.map(
    (alert) => `
<h3 style="font-size:15px;margin:20px 0 4px">${alert.resolved ? "✔ " : ""}${escapeHtml(alert.summary)}${escapeHtml(taken(alert.acknowledgedBy))}</h3>
<p style="margin:0 0 8px">${escapeHtml(alert.description)}</p>${pre("Last words", lastLines(alert.log, MAX_LOG))}${pre("Events, newest first", alert.events.join("\n"))}`,
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
${message.truncated > 0 ? `<p>… and ${message.truncated} more.</p>` : ""}${pre("Look further", message.command ?? "")}
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
