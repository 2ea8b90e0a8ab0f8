/** Names, messages and reasons from a cluster and from callers do not control a terminal or forge lines. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CHECK_FORMATS } from "../../src/cli/check-formats.ts";
import { run } from "../../src/cli/run.ts";
import type { Alert } from "../../src/core/model/alert.ts";
import { toMessage } from "../../src/notify/message.ts";
import { toPostableAlert } from "../../src/notify/receivers/alertmanager.ts";
import { toEvent } from "../../src/notify/receivers/kubernetes-event.ts";
import { toWebhookBody } from "../../src/notify/receivers/webhook.ts";
import { anAlert } from "../support/alerts.ts";
import { makeNotification, NOON } from "../support/notifications.ts";
import { ownTerminal } from "../support/terminal.ts";

/** Sets the clipboard, clears the screen, colors, moves the cursor, reverses the letters, forges a row. */
const ATTACK =
  "\u001B]52;c;cm0gLXJmIH4=\u0007\u001B[2J\u001B[1;1H\u001B[31mx\u001B[0m\u009B2J\u202Egpj\u2066\u200F\u061C\b\b\r\nFORGED row\u2028\u0085\n\nFORGED row";
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

function expectPrintable(text: string): void {
  expect(text).not.toBe("");
  expect(text.replaceAll("\n", "")).not.toMatch(FORBIDDEN);
  expect(text.split("\n").filter((line) => line.startsWith("FORGED"))).toEqual([]);
}

/** Every text of these answers ends with the attack. */
function attacked(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (key, value) =>
    typeof value !== "string" || /At$|^at$|^fingerprint$|^state$|^kind$|^operator$/.test(key)
      ? value
      : `${value}${ATTACK}`,
  );
}

const alert = {
  fingerprint: "0123456789abcdef",
  labels: { alertname: "PodNotReady", namespace: "shop", pod: "web-0", container: "app" },
  severity: "warning",
  state: { name: "firing", firedAt: "2026-11-22T11:41:56.000Z" },
  annotations: { summary: "not ready" },
  acknowledgement: { by: "eva" },
};
const matchers = [{ name: "pod", operator: "=", value: "web" }];
const silence = { id: "s-1", state: "active", until: "2026", reason: "deploying", by: "eva" };
const ANSWERS: Readonly<Record<string, unknown>> = {
  alerts: { entries: [alert] },
  "alerts/0123456789abcdef": alert,
  acknowledge: { skipped: [{ subject: "other", reason: "x" }] },
  unacknowledge: { skipped: [] },
  silences: {
    silences: [
      { ...silence, scope: { kind: "pod", namespace: "shop", pod: "web-0" } },
      { ...silence, scope: { kind: "matchers", matchers } },
    ],
  },
  explain: {
    namespace: "shop",
    pod: "web-0",
    present: true,
    verdicts: [{ alertname: "PodNotReady", container: "app", verdict: "ok", reason: "ready" }],
    alerts: [alert],
    decisions: [{ alertname: "PodNotReady", receiver: "team", notified: true, reason: "first" }],
    history: [{ at: "2026", alertname: "PodNotReady", from: "inactive", to: "firing", reason: "not ready" }],
  },
};

async function cli(args: readonly string[], refuses = false) {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://x").pathname.replace("/api/v1/", "");
    response.writeHead(refuses ? 400 : 200, { "content-type": "application/json" });
    const problem = { title: "no", detail: "no", errors: [{ field: "scope", message: "no" }] };
    response.end(JSON.stringify(attacked(refuses ? problem : (ANSWERS[path] ?? {}))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const terminal = ownTerminal({ POD_WATCHER_URL: `http://127.0.0.1:${port}/`, DEBUG: "1" });
  await run(args, terminal);
  server.closeAllConnections();
  server.close();
  return terminal.printed() + terminal.complaints();
}

const COMMANDS = [
  ["alerts"],
  ["alerts", "--format", "json"],
  ["explain", "shop/web-0"],
  ["explain", "shop/web-0", "--format", "json"],
  ["silence", "--list"],
  ["silence", `shop/web${ATTACK}`, "--for", "1h", "--reason", "x"],
  ["silence", "--end", `s-1${ATTACK}`],
  ["ack", "0123456789abcdef"],
  ["ack", "0123456789abcdef", "--undo"],
  ["ack", `shop/web${ATTACK}`],
  [`nonsense${ATTACK.replaceAll(/\s/g, "")}`],
];

describe("the command line", () => {
  it.each(COMMANDS)("%s %s %s", async (...args) => {
    const given = args.filter((one) => one !== undefined);
    expectPrintable(await cli(given));
    expectPrintable(await cli(given, true));
  });

  it.each(["table", "ndjson"])("replay --format %s", async (format) => {
    const recording = join(import.meta.dirname, "../fixtures/recordings/pods.watch.ndjson.gz");
    const lines = gunzipSync(readFileSync(recording)).toString();
    const file = join(mkdtempSync(join(tmpdir(), "pod-watcher-security-")), "recording.ndjson");
    const asJson = JSON.stringify(ATTACK).slice(1, -1);
    writeFileSync(file, lines.replaceAll('"message":"', `"message":"${asJson}`));
    const terminal = ownTerminal();
    await run(["replay", file, "--format", format], terminal);
    expectPrintable(terminal.printed());
    expect(terminal.printed().split("\n").length).toBeGreaterThan(5);
  });

  it.each(Object.keys(CHECK_FORMATS))("check --format %s", (format) => {
    const grant = `kubectl create x${ATTACK.replaceAll(/\s/g, "")}`;
    const problem = { since: 0, message: `forbidden${ATTACK}`, remedy: grant, missing: ["list pods"] };
    const unchecked = { ...problem, reason: `refused${ATTACK}`, ofNamespace: true };
    const checks = [
      { namespace: "shop", pods: 1, alerts: [attackedAlert()], problem: undefined, missing: [], grant: undefined },
      { namespace: "pay", pods: 0, alerts: [], problem: unchecked, missing: problem.missing, grant },
    ];
    const text = CHECK_FORMATS[format as keyof typeof CHECK_FORMATS]({
      ...{ checks, server: `api${ATTACK}`, problem: undefined, warnings: [] },
    });
    expectPrintable(text);
    const lines = { text: 1, nagios: 4, table: undefined, json: undefined }[format];
    if (lines !== undefined) expect(text.trimEnd().split("\n")).toHaveLength(lines);
  });
});

function attackedAlert(): Alert {
  const annotations = { summary: `down${ATTACK}`, description: `broken${ATTACK}`, reason: `Error${ATTACK}` };
  return {
    ...anAlert({ annotations }),
    acknowledgement: { at: NOON, by: `eva${ATTACK}`, note: `x${ATTACK}`, notifyOnWorsening: true },
  };
}

describe("messages", () => {
  const notification = makeNotification({ alerts: [attackedAlert()], groupLabels: { pod: `web${ATTACK}` } });
  it.each([
    ["webhook", toWebhookBody(notification, { cli: "oc" }).alerts],
    ["webhook, group", toWebhookBody(notification, { cli: "oc" }).groupLabels],
    ["webhook, common", toWebhookBody(notification, { cli: "oc" }).commonAnnotations],
    ["Alertmanager", toPostableAlert(attackedAlert(), { cli: "oc" }, NOON)],
    ["Kubernetes event", toEvent(notification, attackedAlert())],
    ["other receivers", toMessage(notification, { cli: "oc" })],
  ])("%s", (_name, body) => {
    JSON.stringify(body, (_key, value) => {
      if (typeof value === "string") expect(value.replaceAll(/[\n\t]/g, "")).not.toMatch(FORBIDDEN);
      return value;
    });
  });
});
