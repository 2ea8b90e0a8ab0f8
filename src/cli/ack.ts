import { Command } from "commander";
import { fetchAlerts, nameOf, type RemoteAlert } from "./alerts.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import { parseTarget, type Target } from "./target.ts";
import { printLine, type Terminal } from "./terminal.ts";

interface Options extends RemoteOptions {
  readonly note: string;
  readonly by?: string;
  readonly undo?: boolean;
  readonly notifyOnWorsening?: boolean;
}

export function ackCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return withRemoteOptions(new Command("ack"))
    .argument(
      "<what>",
      "an alert's fingerprint, or NAMESPACE[/POD[/CONTAINER]] or NAMESPACE/KIND/NAME for all that fire there",
    )
    .summary("take alerts: no reminders until they recover or get worse")
    .description(
      "Takes the alerts that fire: nobody is reminded of them until they recover or, unless told otherwise, get worse.",
    )
    .option("-m, --note <text>", "what others should know", "")
    .option("--by <name>", "who takes them, where nobody signs in")
    .option("--notify-on-worsening", "stay quiet also when it gets worse")
    .option("--undo", "give them back")
    .action(async (what: string, options: Options) => {
      const remote = createRemote(options, terminal);
      const isFingerprint = /^[0-9a-f]{16,64}$/.test(what);
      const alerts = isFingerprint
        ? [await remote.get<RemoteAlert>(`alerts/${what}`)]
        : (await fetchAlerts(options, terminal, "firing", parseTarget(what).namespace)).filter(
            isWithin(parseTarget(what)),
          );
      if (alerts.length === 0) {
        printLine(terminal.err, `No alert fires for ${what}.`);
        return exit(1);
      }
      for (const alert of alerts) {
        const path = `alerts/${alert.fingerprint}/ack`;
        if (options.undo) await remote.send("DELETE", path);
        else {
          const by = options.by === undefined ? {} : { by: options.by };
          await remote.send("POST", path, { note: options.note, notifyOnWorsening: !options.notifyOnWorsening, ...by });
        }
        printLine(terminal.out, `${options.undo ? "given back" : "taken"}: ${alert.labels.alertname} ${nameOf(alert)}`);
      }
    });
}

function isWithin(target: Target): (alert: RemoteAlert) => boolean {
  const { kind: _, ...wanted } = target;
  return ({ labels }) => Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
