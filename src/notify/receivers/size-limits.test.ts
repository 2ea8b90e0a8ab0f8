/** Whatever the alerts say, each message fits into the limits of its service, and says what was cut. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { makeAlert } from "../../../test/support/batches.ts";
import { makeNotification } from "../../../test/support/notifications.ts";
import { representatives } from "../../core/incident/notified-causes.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { Notification } from "../../ports/notifications.ts";
import { toMessage } from "../message.ts";
import { toHtml, toMail, toText } from "./email.ts";
import { toPagerDutyEvent } from "./pagerduty.ts";
import { toSlackMessage } from "./slack.ts";
import { toTeamsBody } from "./teams.ts";

const options = { publicUrl: "https://watcher.example", consoleUrl: "https://console.example", cli: "oc" } as const;

/** Characters that grow most when a service escapes or encodes them, and what is left of half a character. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc
    .tuple(
      fc.constantFrom("&", "<", '"', "*a ", "`", "\\", "\u0000", "💥", "\uD83D", "漢", "\n"),
      fc.integer({ min: 1, max: 5_000 }),
    )
    .map(([unit, count]) => unit.repeat(count)),
);

const alerts = fc
  .record({ summary: text, description: text, reason: text, image: text, by: text, node: text })
  .chain((texts) =>
    fc.record({ workloads: fc.integer({ min: 1, max: 80 }), pods: fc.integer({ min: 1, max: 5 }) }).map((size) => ({
      ...texts,
      ...size,
    })),
  )
  .map(({ workloads, pods, summary, description, reason, image, by, node }) =>
    Array.from({ length: workloads * pods }, (_, index): Alert => {
      const alert = makeAlert({ workload: `Deployment/w${index % workloads}`, pod: `p${index}` });
      const acknowledgement = { by, at: 0, note: "", notifyOnWorsening: true };
      return {
        ...alert,
        annotations: { summary, description, reason },
        acknowledgement,
        subject: { ...alert.subject, node, container: { ...alert.subject.container!, image } },
      };
    }),
  );

const notifications = fc
  .record({ alerts, log: fc.array(text, { maxLength: 8 }), events: fc.array(text, { maxLength: 6 }), label: text })
  .map(({ alerts: all, log, events, label }): Notification => {
    const some = representatives(all, 50);
    const evidence = Object.fromEntries(some.map(({ fingerprint }) => [fingerprint, { log, events }]));
    const groupLabels = { alertname: "PodCrashLooping", namespace: "shop", workload: label };
    const truncatedAlerts = all.length - some.length;
    return makeNotification({ alerts: some, evidence, groupLabels, truncatedAlerts, reason: label });
  });

it("holds for every receiver", () => {
  const property = fc.property(notifications, (notification) => {
    const message = toMessage(notification, options);

    const slack = toSlackMessage(message);
    const { blocks } = slack.attachments[0]!;
    expect(slack.text.length).toBeLessThanOrEqual(4_000);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const block of blocks) {
      if ("text" in block) expect(block.text.text.length).toBeLessThanOrEqual(3_000);
      const parts = "fields" in block ? block.fields : "elements" in block ? block.elements : [];
      expect(parts.length).toBeLessThanOrEqual(10);
      for (const part of parts) expect(part.text.length).toBeLessThanOrEqual(2_000);
      for (const { text: shown } of "text" in block ? [block.text] : parts) expect(shown).not.toBe("");
    }

    expect(Buffer.byteLength(toTeamsBody(message))).toBeLessThanOrEqual(28 * 1_024);

    const event = toPagerDutyEvent(notification, message, options);
    expect(event.payload.summary.length).toBeLessThanOrEqual(1_024);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(512 * 1_024);

    const mail = toMail(notification, message, { from: "a@example.org", to: ["b@example.org"] });
    expect(mail.subject.length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(mail.text)).toBeLessThanOrEqual(102_000);
    expect(Buffer.byteLength(mail.html)).toBeLessThanOrEqual(102_000);
  });
  fc.assert(property, { numRuns: 150 });
});

it("says how many causes and alerts are missing, and that texts were shortened", () => {
  const many = Array.from({ length: 60 }, (_, index) => makeAlert({ workload: `Deployment/w${index}` }));
  const message = toMessage(makeNotification({ alerts: many, truncatedAlerts: 7 }), options);
  const rendered = [JSON.stringify(toSlackMessage(message)), toTeamsBody(message), toText(message), toHtml(message)];
  for (const one of rendered) expect(one).toMatch(/… and \d+ more causes\. … and 7 more alerts\./);
  const long = { ...makeAlert(), annotations: { summary: "s", description: "&".repeat(9_000), reason: "Error" } };
  const large = toMessage(makeNotification({ alerts: [long] }), options);
  expect(JSON.stringify(toSlackMessage(large)).includes("Texts were shortened to fit.")).toBe(true);
  expect(toTeamsBody(large).includes("Texts were shortened to fit.")).toBe(false);
});
