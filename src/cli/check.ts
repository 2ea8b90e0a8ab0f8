import { Command, Option } from "commander";
import { createAccessReview, ownIdentity } from "../kubernetes/api/access.ts";
import { type ApiRequest, createApiRequest } from "../kubernetes/api/api-request.ts";
import { suggestedCli } from "../kubernetes/api/cluster-facts.ts";
import { createNamespaces } from "../kubernetes/api/namespaces.ts";
import { resolveClusterAccess } from "../kubernetes/auth/credentials.ts";
import { createTransport } from "../kubernetes/transport/transport.ts";
import { systemClock } from "../ports/system-clock.ts";
import { VERSION } from "../ports/version.ts";
import { CHECK_FORMATS, type CheckFormat, problemLines, verdictOf } from "./check-formats.ts";
import { lookAt } from "./cluster-look.ts";
import { type ConfigOptions, configFrom, withConfigOptions } from "./options.ts";
import { printLine, type Terminal } from "./terminal.ts";

interface Options extends ConfigOptions {
  readonly format: CheckFormat;
  readonly timeout: string;
}

/** Nothing could be looked at; the others are in check-formats.ts. */
const COULD_NOT_LOOK = 3;

export function checkCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const formats = Object.keys(CHECK_FORMATS);
  return withConfigOptions(new Command("check"))
    .summary("look at the namespaces once: 0 normal, 1 warnings, 2 failures, 3 could not look")
    .description(
      "Looks at the namespaces once and tells what is wrong, for a person, a script or Nagios. " +
        "Exits with 0 when all is normal, 1 for warnings, 2 for failures, 3 when it could not look.",
    )
    .addOption(new Option("-f, --format <format>").choices(formats).default("text"))
    .option("-t, --timeout <seconds>", "give up after this time", "30")
    .action(async (options: Options) => {
      // A plug-in's own troubles are UNKNOWN, never a warning about the pods.
      exit(COULD_NOT_LOOK);
      const loaded = configFrom(options, terminal);
      if (!loaded) return;
      const { config } = loaded;
      const clock = systemClock;
      const access = await resolveClusterAccess(config.cluster, clock);
      await using transport = createTransport({ access, clock, userAgent: `pod-watcher/${VERSION} check` });
      const request = createApiRequest(transport, clock);
      const namespaces = await namespacesToCheck(config.namespaces, access.namespace, request);
      if (namespaces.length === 0) {
        printLine(terminal.err, "Which namespaces? Name them with --namespace, OPENSHIFT_NAMESPACE or in the file.");
        return;
      }
      const look = {
        config,
        transport,
        clock,
        signal: AbortSignal.timeout(Number(options.timeout) * 1_000),
        review: createAccessReview(request),
        identity: {
          ...(await ownIdentity(access, request)),
          cli: await suggestedCli(request).catch(() => "kubectl" as const),
        },
      };
      const looks = await Promise.all(namespaces.map((namespace) => lookAt(namespace, look)));
      terminal.out.write(CHECK_FORMATS[options.format](looks, access.server.host));
      // The one line is for scripts; what to do about it is for whoever ran them.
      if (options.format === "text") terminal.err.write(problemLines(looks));
      exit(verdictOf(looks));
    });
}

/** Those that are named, else those that the server would watch. */
async function namespacesToCheck(
  configured: readonly string[],
  own: string | undefined,
  request: ApiRequest,
): Promise<readonly string[]> {
  using namespaces = createNamespaces({ request, clock: systemClock, configured, own });
  return new Promise((resolve) => {
    // What cannot be told now is asked again by a server; here it is the end.
    namespaces.start({
      changed: resolve,
      problem: (message) => message !== undefined && resolve(own === undefined ? [] : [own]),
    });
  });
}
