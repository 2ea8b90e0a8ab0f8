/** Texts of a cluster and of callers stay text: no mention, link, header or formula comes from them. */
import { describe, expect, it } from "vitest";
import { csvLine } from "../../src/core/text/csv.ts";
import { toMessage } from "../../src/notify/message.ts";
import { createEmail, toHtml } from "../../src/notify/receivers/email.ts";
import { toPagerDutyEvent } from "../../src/notify/receivers/pagerduty.ts";
import { toSlackMessage } from "../../src/notify/receivers/slack.ts";
import { toTeamsBody } from "../../src/notify/receivers/teams.ts";
import type { Notification } from "../../src/ports/notifications.ts";
import { anAlert } from "../support/alerts.ts";
import { makeNotification, NOON } from "../support/notifications.ts";
import { startSmtpSink } from "../support/smtp-sink.ts";

const ATTACKS = [
  "<!channel> <!here> <!everyone> <!subteam^S123> <@U123ABC> <#C123> <mailto:a@evil.example|x>",
  "@here @channel @everyone",
  "<https://evil.example|Pod Watcher> <javascript:alert(1)|x>",
  "[click](https://evil.example) ![x](https://evil.example/pixel.png) **bold** # head",
  "```\n<!channel>\n``` `<!here>` *b* _i_ ~s~ > quote",
  "<at>everyone</at> {{DATE(2026-01-01)}}",
  "<img src=x onerror=alert(1)><script>alert(1)</script><a href='javascript:alert(1)'>x</a>\"onload=\"x",
  "x\r\nBcc: victim@evil.example\r\n\r\nbody\r\n.\r\nMAIL FROM:<evil@evil.example>",
  "x\nBcc: victim@evil.example",
  "x\u2028Bcc: victim@evil.example\u0085Bcc: other@evil.example",
  "=?utf-8?B?WA==?= =?utf-8?Q?=0D=0ABcc:_victim@evil.example?=",
];
const options = { cli: "oc", publicUrl: "https://pods.example" } as const;

function attackedBy(text: string): Notification {
  const alert = anAlert({
    annotations: { summary: text, description: text, reason: text },
    labels: { workload: `Deployment/${text}` },
  });
  const acknowledgement = { at: NOON, by: text, note: text, notifyOnWorsening: true };
  return makeNotification({
    alerts: [{ ...alert, acknowledgement }],
    groupLabels: { workload: text },
    evidence: { [alert.fingerprint]: { log: [text, text], events: [text] } },
  } as Partial<Notification>);
}

/** Every text in a value. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe.each(ATTACKS)("%j", (attack) => {
  const message = toMessage(attackedBy(attack), options);

  it("mentions nobody and links nowhere in Slack", () => {
    const texts = textsIn(toSlackMessage(message));
    for (const text of texts) {
      const links = [...text.matchAll(/<([^>]*)>/g)].map(([, link]) => link);
      expect(links.filter((link) => !link?.startsWith("https://pods.example/"))).toEqual([]);
    }
    expect(texts.join()).not.toMatch(/<[!@#]/);
  });

  it("is plain text in Teams", () => {
    const card = JSON.parse(toTeamsBody(message)).attachments[0].content;
    expect(card.msteams.entities).toBeUndefined();
    for (const { type, facts, actions } of [...card.body, ...card.body[0].items]) {
      for (const { url } of actions ?? []) expect(url).toMatch(/^https:\/\/pods\.example\//);
      // TextBlock is the element that shows Markdown.
      expect(["ActionSet", "Container", "FactSet", "RichTextBlock"]).toContain(type);
      for (const { value } of facts ?? []) expect(value).not.toMatch(/(?<!\\)[[\]()<>*_`#!]/);
    }
  });

  it("is escaped in HTML", () => {
    const tags = [...toHtml(message).matchAll(/<\/?([a-z!]+\d?)/gi)].map(([, name]) => name?.toLowerCase());
    const own = ["!doctype", "html", "body", "h2", "h3", "p", "pre", "table", "tr", "td", "a", "b"];
    expect(tags.filter((name) => !own.includes(name ?? ""))).toEqual([]);
    for (const [, href] of toHtml(message).matchAll(/href="([^"]*)"/g))
      expect(href).toMatch(/^https:\/\/pods\.example\//);
  });

  it("adds no header, no recipient and no second message to an e-mail", async () => {
    await using sink = await startSmtpSink();
    const receiver = createEmail({
      name: "mail",
      host: "127.0.0.1",
      port: sink.port,
      security: "none",
      username: undefined,
      password: undefined,
      from: "pods@example.com",
      to: ["team@example.com"],
      timeout: 120_000,
      message: options,
    });
    const sent = await receiver.send(attackedBy(attack), new AbortController().signal);
    expect(sent).toEqual({ delivered: true });
    expect(sink.mails).toMatchObject([{ from: "pods@example.com", to: ["team@example.com"] }]);
    const [head = ""] = sink.mails[0]?.data.split("\r\n\r\n") ?? [];
    const names = [...head.matchAll(/^([\w-]+):/gm)].map(([, name]) => name?.toLowerCase());
    expect(names).not.toContain("bcc");
    expect(names.filter((name) => name === "to" || name === "subject")).toHaveLength(2);
  });

  it("changes no other field of a PagerDuty event", () => {
    const event = toPagerDutyEvent(attackedBy(attack), message, options);
    expect(event).toMatchObject({ client: "Pod Watcher", client_url: "https://pods.example", event_action: "trigger" });
    for (const { href } of event.links) expect(href).toMatch(/^https:\/\/pods\.example\//);
  });
});

describe("CSV", () => {
  const FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    " =1",
    "\u00A0=1",
  ];
  const INVISIBLE = [
    "\u202E",
    "\u2066",
    "\u200B",
    "\uFEFF",
    "\u0085",
    "\u009B",
    "\u0000",
    "\u001B[31m",
    "\u061C",
    "\u00AD",
  ];
  it.each([...FORMULAS, ...INVISIBLE.map((character) => `${character}=1`), ...INVISIBLE.map((one) => `x${one}`)])(
    "%j is neither a formula nor does it hide anything",
    (value) => {
      const line = csvLine([value]);
      expect(line.trimEnd().replace(/^"/, "")).not.toMatch(/^[\s\p{C}]*[=+\-@＝＋－＠]/u);
      expect(line.slice(0, -2)).not.toMatch(/(?![\t\r\n])[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u);
    },
  );
});
