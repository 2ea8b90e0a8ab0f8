import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { parseDuration } from "../core/model/duration.ts";
import { formatMatcher, parseMatcher } from "../core/notify/matcher.ts";
import type { SilenceScope } from "../core/notify/silence.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import { parseTarget } from "./target.ts";
import { amount, printLine, type Terminal, table } from "./terminal.ts";

interface Options extends RemoteOptions {
  readonly for?: string;
  readonly reason?: string;
  readonly matcher?: readonly string[];
  readonly untilNormal?: boolean;
  readonly list?: boolean;
  readonly end?: string;
  readonly allowEmpty?: boolean;
}

interface RemoteSilence {
  readonly id: string;
  readonly state: string;
  readonly scope: SilenceScope;
  readonly until: string;
  readonly reason: string;
  readonly by?: string;
}

export function silenceCommand(terminal: Terminal): Command {
  return withRemoteOptions(new Command("silence"))
    .argument("[target]", "NAMESPACE[/POD[/CONTAINER]] or NAMESPACE/KIND/NAME; or use --matcher")
    .summary("silence notifications until a given time; list and end silences")
    .description(
      "Silences the alerts of a target, or alerts that match all matchers. Alerts still fire; only notifications are suppressed.",
    )
    .option("--for <duration>", "how long, such as 2h")
    .option("-r, --reason <text>", "reason for the silence")
    .option("-m, --matcher <matcher...>", `matcher such as 'alertname="PodNotReady"'`)
    .option("--until-normal", "end the silence early, once no matching alert has fired for a while")
    .option("--allow-empty", "create it even if it covers nothing yet, for what comes later")
    .option("--list", "list active and pending silences")
    .option("--end <id>", "end a silence now")
    .action(async (target: string | undefined, options: Options) => {
      const remote = createRemote(options, terminal);
      if (options.end !== undefined) {
        await remote.send("DELETE", `silences/${encodeURIComponent(options.end)}`);
        printLine(terminal.out, `ended: ${options.end}`);
        return;
      }
      if (options.list) {
        const { silences } = await remote.get<{ silences: readonly RemoteSilence[] }>("silences");
        terminal.out.write(asTable(silences.filter(({ state }) => state !== "expired")));
        return;
      }
      const scope = scopeOf(target, options.matcher);
      const span = parseDuration(options.for ?? "");
      if (span === undefined || span === 0)
        throw new Error("--for is missing or not a duration: set it to one such as 2h or 30m");
      if (options.reason === undefined || options.reason.trim() === "")
        throw new Error("--reason is missing: set it, so that others know why");
      const { containers, failing } = await remote.send<{ containers: number; failing: number }>(
        "POST",
        "silences/preview",
        { scopes: [scope] },
      );
      if (containers === 0 && !options.allowEmpty) {
        throw new Error(
          `${describeScope(scope)} covers no container now, so nothing was silenced: check the name, or use --allow-empty for what comes later`,
        );
      }
      const until = new Date(Date.now() + span).toISOString();
      const id = `s-${randomUUID()}`;
      const body = { scope, until, reason: options.reason, endWhenNormal: options.untilNormal === true };
      await remote.send("PUT", `silences/${id}`, body);
      const covered = `now ${amount(containers, "container")}${failing === 0 ? "" : `, ${failing} of them failing`}`;
      printLine(terminal.out, `silenced until ${until}: ${describeScope(scope)}, ${covered} (${id})`);
    });
}

function scopeOf(target: string | undefined, matchers: readonly string[] | undefined): SilenceScope {
  if ((target === undefined) === (matchers === undefined)) {
    throw new Error("use either a target such as shop/Deployment/checkout, or --matcher");
  }
  if (target !== undefined) return parseTarget(target);
  return { kind: "matchers", matchers: matchers!.map(parseMatcher) };
}

function asTable(silences: readonly RemoteSilence[]): string {
  if (silences.length === 0) return "No silences.\n";
  const rows = silences.map(({ id, state, scope, until, reason, by }) => [
    id,
    state,
    until,
    describeScope(scope),
    by ?? "-",
    reason,
  ]);
  return table([["ID", "STATE", "UNTIL", "TARGET", "CREATED BY", "REASON"], ...rows]);
}

function describeScope(scope: SilenceScope): string {
  switch (scope.kind) {
    case "everything":
      return "everything";
    case "matchers":
      return scope.matchers.map(formatMatcher).join(", ");
    case "namespace":
      return scope.namespace;
    case "workload":
      return `${scope.namespace}/${scope.workload}`;
    case "pod":
      return `${scope.namespace}/${scope.pod}`;
    case "container":
      return `${scope.namespace}/${scope.pod}/${scope.container}`;
  }
}
