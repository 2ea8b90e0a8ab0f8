import { Command, Option } from "commander";
import { printableLine } from "../core/text/printable.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import type { RemoteAlert } from "./remote-alerts.ts";
import { parseTarget } from "./target.ts";
import { printJson, type Terminal, table } from "./terminal.ts";

interface Options extends RemoteOptions {
  readonly format: "table" | "json";
}

interface Explanation {
  readonly namespace: string;
  readonly pod: string;
  readonly present: boolean;
  readonly verdicts: readonly { alertname: string; container?: string; verdict: string; reason: string }[];
  readonly alerts: readonly RemoteAlert[];
  readonly decisions: readonly {
    alertname: string;
    receiver: string;
    notified: boolean;
    reason: string;
    at?: string;
    nextAt?: string;
  }[];
  readonly history: readonly { at: string; alertname: string; from: string; to: string; reason: string }[];
}

/** Most important first. */
const ORDER = ["firing", "keep_firing", "pending", "suppressed", "ok", "disabled"];

export function explainCommand(terminal: Terminal): Command {
  return withRemoteOptions(new Command("explain"))
    .argument("<pod>", "NAMESPACE/POD or NAMESPACE/POD/CONTAINER")
    .summary("explain why a pod has alerts or not")
    .description(
      "Shows the result of each detector for a pod, the notifications about it and its history. Works for deleted pods as well.",
    )
    .addOption(new Option("-f, --format <format>").choices(["table", "json"]).default("table"))
    .action(async (text: string, options: Options) => {
      const target = parseTarget(text);
      if (target.kind !== "pod" && target.kind !== "container")
        throw new Error(`${text} is not a pod: use NAMESPACE/POD or NAMESPACE/POD/CONTAINER`);
      const { namespace, pod } = target;
      const container = target.kind === "container" ? target.container : undefined;
      const explanation = await createRemote(options, terminal).get<Explanation>("explain", {
        namespace,
        pod,
        container,
      });
      if (options.format === "json") printJson(terminal.out, explanation);
      else terminal.out.write(asText(explanation));
    });
}

function asText({ namespace, pod, present, verdicts, decisions, history }: Explanation): string {
  const rank = ({ verdict }: { verdict: string }) => ORDER.indexOf(verdict);
  const detected = verdicts
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ verdict, alertname, container, reason }) => [verdict, alertname, container ?? "-", reason]);
  const notifications = decisions.map(({ notified, alertname, receiver, reason, at, nextAt }) => [
    notified ? "notified" : "not notified",
    alertname,
    receiver,
    reason,
    at ?? (nextAt === undefined ? "" : `next at ${nextAt}`),
  ]);
  const past = history.map(({ at, alertname, from, to, reason }) => [at, alertname, `${from} → ${to}`, reason]);
  const sections: [string, string[], string[][]][] = [
    ["Detectors", ["RESULT", "ALERT", "CONTAINER", "REASON"], detected],
    ["Notifications", ["STATUS", "ALERT", "RECEIVER", "REASON", "TIME"], notifications],
    ["History", ["TIME", "ALERT", "CHANGE", "REASON"], past],
  ];
  const parts = sections
    .filter(([, , rows]) => rows.length > 0)
    .map(([title, head, rows]) => `${title}\n${table([head, ...rows])}`);
  return [`${printableLine(`${namespace}/${pod}`)}${present ? "" : " no longer exists"}\n`, ...parts].join("\n");
}
