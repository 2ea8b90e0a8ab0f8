import { Command, Option } from "commander";
import { formatSpan } from "../core/model/duration.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import { type Terminal, table } from "./terminal.ts";

/** An alert as /api/v1 gives it, as far as it is printed. */
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
    .summary("the alerts of a running Pod Watcher")
    .description("Lists the alerts that fire, or with --all also those that are pending or over.")
    .option("-n, --namespace <name>", "only of this namespace")
    .option("-a, --all", "pending and resolved ones as well")
    .addOption(new Option("-f, --format <format>").choices(["table", "json"]).default("table"))
    .action(async (options: Options) => {
      const alerts = await fetchAlerts(options, terminal, options.all ? undefined : "firing", options.namespace);
      if (options.format === "json") {
        terminal.out.write(`${JSON.stringify(alerts, undefined, 2)}\n`);
        return;
      }
      const rows = alerts.map((alert) => [
        alert.severity,
        alert.state.name + (alert.acknowledgement === undefined ? "" : `, taken by ${alert.acknowledgement.by}`),
        alert.state.firedAt === undefined ? "-" : `${formatSpan(Date.now() - Date.parse(alert.state.firedAt))} ago`,
        alert.labels.alertname,
        nameOf(alert),
        alert.annotations.summary,
      ]);
      terminal.out.write(
        rows.length === 0 ? "No alerts.\n" : table([["SEVERITY", "STATE", "SINCE", "ALERT", "WHERE", "WHAT"], ...rows]),
      );
    });
}

/** All pages of them. */
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
