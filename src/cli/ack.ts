import { Command } from "commander";
import { incidentKey } from "../core/incident/key.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import { fetchAlerts, nameOf, type RemoteAlert } from "./remote-alerts.ts";
import { parseTarget, type Target } from "./target.ts";
import { amount, printLine, type Terminal } from "./terminal.ts";

interface Options extends RemoteOptions {
  readonly note: string;
  readonly by?: string;
  readonly undo?: boolean;
  readonly notifyOnWorsening: boolean;
}

export function ackCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return withRemoteOptions(new Command("ack"))
    .argument(
      "<target>",
      "fingerprint of an alert; or NAMESPACE[/POD[/CONTAINER]] or NAMESPACE/KIND/NAME for all firing alerts there",
    )
    .summary("acknowledge alerts")
    .description("Acknowledges firing alerts: no further notifications are sent until they recover or get worse.")
    .option("-m, --note <text>", "note for others", "")
    .option("--by <name>", "your name, if the server does not authenticate callers")
    .option("--no-notify-on-worsening", "do not notify if the alerts get worse")
    .option("--undo", "remove the acknowledgement")
    .action(async (target: string, options: Options) => {
      const remote = createRemote(options, terminal);
      const isFingerprint = /^[0-9a-f]{16,64}$/.test(target);
      const alerts = isFingerprint
        ? [await remote.get<RemoteAlert>(`alerts/${target}`)]
        : (await fetchAlerts(remote, "firing", parseTarget(target).namespace)).filter(isWithin(parseTarget(target)));
      if (alerts.length === 0) throw new Error(`nothing is firing in ${target}: \`pod-watcher alerts\` lists what is`);
      const subjects = alerts.map(({ fingerprint }) => ({ alert: fingerprint }));
      const path = options.undo ? "unacknowledge" : "acknowledge";
      const body = options.undo
        ? { subjects }
        : { subjects, note: options.note, by: options.by, notifyOnWorsening: options.notifyOnWorsening };
      const { skipped } = await remote.send<{ skipped: readonly { subject: string; reason: string }[] }>(
        "POST",
        path,
        body,
      );
      const done = options.undo ? "unacknowledged" : "acknowledged";
      const changed: RemoteAlert[] = [];
      for (const alert of alerts) {
        const reason = skipped.find(({ subject }) => subject === alert.fingerprint)?.reason;
        const name = `${alert.labels.alertname} ${nameOf(alert)}`;
        if (reason !== undefined) {
          printLine(terminal.err, `${name}: ${reason}`);
          continue;
        }
        changed.push(alert);
        printLine(terminal.out, `${done}: ${name}`);
      }
      const incidents = new Set(changed.map(({ labels }) => incidentKey(labels)));
      printLine(terminal.out, `${amount(changed.length, "alert")} ${done}, of ${amount(incidents.size, "incident")}`);
      if (skipped.length > 0) exit(1);
    });
}

function isWithin(target: Target): (alert: RemoteAlert) => boolean {
  const { kind: _, ...wanted } = target;
  return ({ labels }) => Object.entries(wanted).every(([name, value]) => labels[name as keyof typeof labels] === value);
}
