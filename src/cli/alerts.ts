import { Command, Option } from "commander";
import { formatSpan } from "../core/model/duration.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import { printJson, type Terminal, table } from "./terminal.ts";

/** The fields of an alert in /api/v1 that are printed. */
export interface RemoteAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string | undefined>> & {
    readonly alertname: string;
    readonly namespace: string;
  };
  readonly severity: string;
  readonly state: { readonly name: string; readonly firedAt?: string };
  readonly annotations: { readonly summary: string };
  readonly acknowledgement?: { readonly by: string };
}

interface Options extends RemoteOptions {
  readonly namespace?: string;
  readonly all?: boolean;
  readonly format: "table" | "json";
}

export function alertsCommand(terminal: Terminal): Command {
  return withRemoteOptions(new Command("alerts"))
    .summary("list the alerts of a running Pod Watcher")
    .description("Lists the firing alerts; with --all, pending and resolved ones as well.")
    .option("-n, --namespace <name>", "only alerts in this namespace")
    .option("-a, --all", "include pending and resolved alerts")
    .addOption(new Option("-f, --format <format>").choices(["table", "json"]).default("table"))
    .action(async (options: Options) => {
      const alerts = await fetchAlerts(options, terminal, options.all ? undefined : "firing", options.namespace);
      if (options.format === "json") {
        printJson(terminal.out, alerts);
        return;
      }
      const rows = alerts.map((alert) => [
        alert.severity,
        alert.state.name + (alert.acknowledgement === undefined ? "" : `, acknowledged by ${alert.acknowledgement.by}`),
        alert.state.firedAt === undefined ? "-" : `${formatSpan(Date.now() - Date.parse(alert.state.firedAt))} ago`,
        alert.labels.alertname,
        nameOf(alert),
        alert.annotations.summary,
      ]);
      terminal.out.write(
        rows.length === 0
          ? "No alerts.\n"
          : table([["SEVERITY", "STATE", "SINCE", "ALERT", "SUBJECT", "SUMMARY"], ...rows]),
      );
    });
}

/** All pages of the list. */
export async function fetchAlerts(
  options: RemoteOptions,
  terminal: Pick<Terminal, "env">,
  state: string | undefined,
  namespace: string | undefined,
): Promise<readonly RemoteAlert[]> {
  const remote = createRemote(options, terminal);
  const alerts: RemoteAlert[] = [];
  let cursor: string | undefined;
  do {
    const page: { entries: readonly RemoteAlert[]; next?: string } = await remote.get("alerts", {
      state,
      namespace,
      cursor,
      limit: "500",
    });
    alerts.push(...page.entries);
    cursor = page.next;
  } while (cursor !== undefined);
  return alerts;
}

export function nameOf({ labels }: Pick<RemoteAlert, "labels">): string {
  return [labels.namespace, labels.pod ?? labels.workload, labels.container]
    .filter((part) => part !== undefined)
    .join("/");
}
