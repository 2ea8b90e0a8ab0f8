import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { parseDuration } from "../core/model/duration.ts";
import { formatMatcher, parseMatcher } from "../core/notify/matcher.ts";
import type { SilenceScope } from "../core/notify/silence.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import { parseTarget } from "./target.ts";
import { printLine, type Terminal, table } from "./terminal.ts";

interface Options extends RemoteOptions {
  readonly for?: string;
  readonly reason?: string;
  readonly matcher?: readonly string[];
  readonly untilNormal?: boolean;
  readonly list?: boolean;
  readonly end?: string;
}

interface RemoteSilence {
  readonly id: string;
  readonly state: string;
  readonly scope: SilenceScope;
  readonly until: number;
  readonly reason: string;
  readonly by?: string;
}

export function silenceCommand(terminal: Terminal): Command {
  return withRemoteOptions(new Command("silence"))
    .argument("[what]", "NAMESPACE[/POD[/CONTAINER]] or NAMESPACE/KIND/NAME; or give --matcher")
    .summary("do not tell about something until then; --list, --end ID")
    .description(
      "Silences what lies under a name or matches all matchers. The alerts fire all the same and are not told.",
    )
    .option("--for <span>", "how long, such as 2h")
    .option("-r, --reason <text>", "why")
    .option("-m, --matcher <matcher...>", `such as 'alertname="PodNotReady"'`)
    .option("--until-normal", "end it early once everything under it has been normal for a while")
    .option("--list", "list the silences that are in force or to come")
    .option("--end <id>", "end a silence now")
    .action(async (what: string | undefined, options: Options) => {
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
      const scope = scopeOf(what, options.matcher);
      const span = parseDuration(options.for ?? "");
      if (span === undefined || span === 0) throw new Error("--for: how long, such as 2h or 30m?");
      if (options.reason === undefined || options.reason.trim() === "")
        throw new Error("--reason: others will want to know why");
      const until = Date.now() + span;
      const id = `s-${randomUUID()}`;
      const body = { scope, until, reason: options.reason, endWhenNormal: options.untilNormal === true };
      await remote.send("PUT", `silences/${id}`, body);
      printLine(terminal.out, `silenced until ${new Date(until).toISOString()}: ${toSentence(scope)} (${id})`);
    });
}

function scopeOf(what: string | undefined, matchers: readonly string[] | undefined): SilenceScope {
  if ((what === undefined) === (matchers === undefined)) {
    throw new Error("what shall be silenced? Give a name such as shop/Deployment/checkout, or --matcher, not both");
  }
  if (what !== undefined) return parseTarget(what);
  return { kind: "matchers", matchers: matchers!.map(parseMatcher) };
}

function asTable(silences: readonly RemoteSilence[]): string {
  if (silences.length === 0) return "Nothing is silenced.\n";
  const rows = silences.map(({ id, state, scope, until, reason, by }) => [
    id,
    state,
    new Date(until).toISOString(),
    toSentence(scope),
    by ?? "-",
    reason,
  ]);
  return table([["ID", "STATE", "UNTIL", "WHAT", "BY", "WHY"], ...rows]);
}

function toSentence(scope: SilenceScope): string {
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
