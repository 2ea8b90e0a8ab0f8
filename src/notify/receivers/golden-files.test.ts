/**
 * The message of each receiver, as a file in test/fixtures/messages. After a change, run this test with `-u` and read the
 * difference.
 */
import { describe, expect, it } from "vitest";
import {
  makeNastyNotification,
  makeResolvedNotification,
  makeRichNotification,
  makeStormNotification,
  NOON,
} from "../../../test/support/notifications.ts";
import type { Notification } from "../../ports/notifications.ts";
import { VERSION } from "../../ports/version.ts";
import { toMessage } from "../message.ts";
import { toPostableAlert } from "./alertmanager.ts";
import { toHtml, toText } from "./email.ts";
import { toEvent } from "./kubernetes-event.ts";
import { toLogs } from "./otlp.ts";
import { toPagerDutyEvent } from "./pagerduty.ts";
import { toSlackMessage } from "./slack.ts";
import { toTeamsBody } from "./teams.ts";
import { toWebhookBody } from "./webhook.ts";

const options = { publicUrl: "https://watcher.example", consoleUrl: "https://console.example", cli: "oc" } as const;
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
/** A body with one entry for each alert repeats itself. */
const MAX_ENTRIES = 3;

const RENDERED: Readonly<Record<string, (notification: Notification) => string>> = {
  "slack.json": (notification) => json(toSlackMessage(toMessage(notification, options))),
  "teams.json": (notification) => json(JSON.parse(toTeamsBody(toMessage(notification, options)))),
  "pagerduty.json": (notification) => json(toPagerDutyEvent(notification, toMessage(notification, options), options)),
  "email.txt": (notification) => toText(toMessage(notification, options)),
  "email.html": (notification) => toHtml(toMessage(notification, options)),
  "alertmanager.json": ({ alerts }) =>
    json(alerts.slice(0, MAX_ENTRIES).map((alert) => toPostableAlert(alert, options, NOON + 60_000))),
  "webhook.json": (notification) => {
    const body = toWebhookBody(notification, options);
    return json({ ...body, alerts: body.alerts.slice(0, MAX_ENTRIES) });
  },
  "otlp.json": (notification) =>
    json(toLogs({ ...notification, alerts: notification.alerts.slice(0, MAX_ENTRIES) }, options)).replaceAll(
      `"${VERSION}"`,
      '"VERSION"',
    ),
  "kubernetes-event.json": (notification) =>
    json(notification.alerts.slice(0, MAX_ENTRIES).map((alert) => toEvent(notification, alert))),
};

const SCENARIOS = {
  firing: makeRichNotification(),
  resolved: makeResolvedNotification(),
  storm: makeStormNotification(),
  nasty: makeNastyNotification(),
};

describe.each(Object.entries(SCENARIOS))("%s", (scenario, notification) => {
  it.each(Object.entries(RENDERED))("%s", async (file, render) => {
    const [name, extension] = file.split(".");
    await expect(render(notification)).toMatchFileSnapshot(
      `../../../test/fixtures/messages/${name}.${scenario}.${extension}`,
    );
  });
});
