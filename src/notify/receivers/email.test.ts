import { createCertificateAuthority } from "@pod-watcher/simulator/http/certificate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  makeHugeNotification,
  makeNastyNotification,
  makeNotification,
  makeRichNotification,
} from "../../../test/support/notifications.ts";
import { type SmtpOptions, type SmtpSink, startSmtpSink } from "../../../test/support/smtp-sink.ts";
import { toMessage } from "../message.ts";
import { createEmail, type EmailOptions, toHtml, toMail, toText } from "./email.ts";

const authority = createCertificateAuthority();
const { keyPem: key, certPem: cert } = authority.issueServer(["localhost", "127.0.0.1"]);
const message = { publicUrl: "https://watcher.example", consoleUrl: "https://console.example", cli: "oc" } as const;
const PASSWORD = "s3cr3t p4ssw0rd";

let sink: SmtpSink;
const start = async (options: SmtpOptions = { tls: { key, cert } }) => {
  sink = await startSmtpSink(options);
};
beforeEach(() => start());
afterEach(() => sink[Symbol.asyncDispose]());

const create = (changes: Partial<EmailOptions> = {}) =>
  createEmail({
    name: "mail",
    host: "127.0.0.1",
    port: sink.port,
    security: "starttls",
    username: "watcher",
    password: async () => PASSWORD,
    from: "Pod Watcher <watcher@example.org>",
    to: ["team@example.org", "Eva <eva@example.org>"],
    ca: async () => authority.certPem,
    timeout: 5_000,
    message,
    ...changes,
  });
const send = (changes: Partial<EmailOptions> = {}, notification = makeNotification(), signal?: AbortSignal) =>
  create(changes).send(notification, signal ?? new AbortController().signal);

describe("e-mail", () => {
  it("is sent over STARTTLS to all recipients, with a login", async () => {
    expect(await send({}, makeRichNotification())).toEqual({ delivered: true });
    const [mail] = sink.mails;
    expect(mail).toMatchObject({
      from: "watcher@example.org",
      to: ["team@example.org", "eva@example.org"],
      encrypted: true,
      login: `watcher:${PASSWORD}`,
    });
    expect(mail?.data).toMatch(/^Message-ID: <5f1d6c0e9b3a7d24-mia3gq00-f@pod-watcher>/im);
    expect(mail?.data).toMatch(/^In-Reply-To: <5f1d6c0e9b3a7d24\.[0-9a-z]+@pod-watcher>/im);
    expect(mail?.data).toMatch(/^Auto-Submitted: auto-generated/im);
    expect(mail?.data).toMatch(/^Subject: Critical, firing: Deployment\/checkout in shop/im);
    expect(mail?.data).toMatch(/^X-Priority: 1/im);
    expect(mail?.data).toContain("multipart/alternative");
  });

  it("is not sent to a server without STARTTLS, or with an untrusted certificate", async () => {
    expect(await send({ ca: async () => createCertificateAuthority().certPem })).toMatchObject({
      retry: true,
      reason: "network",
      detail: expect.stringMatching(/certificate/),
    });
    await sink[Symbol.asyncDispose]();
    await start({});
    expect(await send()).toMatchObject({ delivered: false, retry: true, reason: "network" });
    expect(sink.mails).toEqual([]);
  });

  it("is sent over implicit TLS, or unencrypted, if configured", async () => {
    await sink[Symbol.asyncDispose]();
    await start({ tls: { key, cert }, implicit: true });
    expect(await send({ security: "tls" })).toEqual({ delivered: true });
    expect(sink.mails[0]?.encrypted).toBe(true);
    await sink[Symbol.asyncDispose]();
    await start({});
    expect(await send({ security: "none", username: undefined, password: undefined })).toEqual({ delivered: true });
    expect(sink.mails[0]).toMatchObject({ encrypted: false, login: undefined });
  });

  it.each([
    [{ AUTH: `535 5.7.8 bad credentials ${PASSWORD}` }, true, "authError"],
    [{ MAIL: "530 5.7.0 sign in first" }, true, "authError"],
    [{ RCPT: "550 5.1.1 no such user" }, false, "clientError"],
    [{ RCPT: "451 4.7.1 greylisted, try later" }, true, "serverError"],
    [{ DATA: "552 5.3.4 too large" }, false, "tooLarge"],
    [{ DATA: "421 4.3.2 shutting down" }, true, "serverError"],
    [{ MAIL: "550 5.7.1 refused" }, false, "clientError"],
  ])("maps %j to a result", async (replies, retry, reason) => {
    sink.replies = replies;
    const result = await send();
    expect(result).toMatchObject({ delivered: false, retry, reason });
    expect(JSON.stringify(result)).not.toContain(PASSWORD);
    expect(JSON.stringify(result)).toContain(`127.0.0.1:${sink.port}`);
  });

  it("stops when aborted, and when the server does not respond", async () => {
    sink.replies = { MAIL: "" };
    const controller = new AbortController();
    const sending = send({}, makeNotification(), controller.signal);
    setImmediate(() => controller.abort(new DOMException("too long", "TimeoutError")));
    expect(await sending).toMatchObject({ delivered: false, retry: true, reason: "timeout" });
    const { port } = sink;
    await sink[Symbol.asyncDispose]();
    const refused = await send({ port });
    expect(refused).toMatchObject({ delivered: false, retry: true, reason: "network" });
    await start();
  });

  it("escapes text in markup and headers", () => {
    const nasty = toMessage(makeNastyNotification(), message);
    expect(toHtml(nasty)).not.toMatch(/<script|<!channel/);
    const mail = toMail(makeNastyNotification(), nasty, { from: "a@example.org", to: ["b@example.org"] });
    expect(mail.subject).not.toMatch(/[\r\n]/);
  });

  it("has a limited size", () => {
    const huge = makeHugeNotification();
    const shown = toMessage({ ...huge, alerts: huge.alerts.slice(0, 50) }, message);
    expect(toMail(huge, shown, { from: "a@example.org", to: [] }).subject.length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(toHtml(shown))).toBeLessThanOrEqual(100_000);
    expect(Buffer.byteLength(toText(shown))).toBeLessThanOrEqual(100_000);
  });
});
