import { Command, Option } from "commander";
import { createAccessReview, ownIdentity } from "../kubernetes/api/access.ts";
import { createApiRequest } from "../kubernetes/api/api-request.ts";
import { suggestedCli } from "../kubernetes/api/cluster-facts.ts";
import { createNamespaces, type NamespacesOptions } from "../kubernetes/api/namespaces.ts";
import { resolveClusterAccess } from "../kubernetes/auth/credentials.ts";
import { createTransport } from "../kubernetes/transport/transport.ts";
import { systemClock } from "../ports/system-clock.ts";
import { VERSION } from "../ports/version.ts";
import { CHECK_FORMATS, type CheckFormat, exitCodeOf, problemLines } from "./check-formats.ts";
import { checkNamespace } from "./check-namespace.ts";
import { type ConfigOptions, configFrom, withConfigOptions } from "./options.ts";
import { printLine, type Terminal } from "./terminal.ts";

interface Options extends ConfigOptions {
  readonly format: CheckFormat;
  readonly timeout: string;
}

/** Nothing could be checked; check-formats.ts has the other exit codes. */
const UNKNOWN = 3;

export function checkCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const formats = Object.keys(CHECK_FORMATS);
  return withConfigOptions(new Command("check"))
    .summary("check the namespaces once; exit code 0 OK, 1 warning, 2 failure, 3 unknown")
    .description(
      "Checks the pods of the namespaces once, for people, scripts and Nagios. The exit code is 0 without alerts, " +
        "1 with warnings, 2 with failures, and 3 if a namespace could not be checked.",
    )
    .addOption(new Option("-f, --format <format>").choices(formats).default("text"))
    .option("-t, --timeout <seconds>", "timeout of the check", "30")
    .action(async (options: Options) => {
      // An error of the check itself is UNKNOWN, never a warning about the pods.
      exit(UNKNOWN);
      const loaded = configFrom(options, terminal);
      if (!loaded) return;
      const { config } = loaded;
      const clock = systemClock;
      const access = await resolveClusterAccess(config.cluster, clock);
      await using transport = createTransport({ access, clock, userAgent: `pod-watcher/${VERSION} check` });
      const request = createApiRequest(transport, clock);
      const identity = await ownIdentity(access, request);
      const { namespaces, problem } = await namespacesToCheck({
        ...{ configured: config.namespaces, own: access.namespace, request, clock },
        user: () => identity.user,
      });
      if (namespaces.length === 0) {
        printLine(
          terminal.err,
          problem ??
            "No namespaces to check: set --namespace, OPENSHIFT_NAMESPACE or namespaces in the configuration file.",
        );
        return;
      }
      const checkOptions = {
        config,
        transport,
        clock,
        signal: AbortSignal.timeout(Number(options.timeout) * 1_000),
        review: createAccessReview(request),
        identity: {
          ...identity,
          cli: await suggestedCli(request).catch(() => "kubectl" as const),
        },
      };
      const checks = await Promise.all(namespaces.map((namespace) => checkNamespace(namespace, checkOptions)));
      terminal.out.write(CHECK_FORMATS[options.format](checks, access.server.host));
      // Scripts read the line on stdout; the remedies on stderr are for people.
      if (options.format === "text") terminal.err.write(problemLines(checks));
      exit(exitCodeOf(checks));
    });
}

/** The configured namespaces, otherwise those that `serve` would watch. */
async function namespacesToCheck(options: NamespacesOptions): Promise<NamespacesToCheck> {
  const { own } = options;
  using namespaces = createNamespaces(options);
  return new Promise((resolve) => {
    let isEmpty = false;
    // A failed discovery is not retried here, unlike in `serve`.
    namespaces.start({
      changed: (found) => {
        isEmpty = found.length === 0;
        // The reason follows.
        if (!isEmpty) resolve({ namespaces: found, problem: undefined });
      },
      problem: (problem) => {
        if (problem !== undefined) resolve({ namespaces: isEmpty || own === undefined ? [] : [own], problem });
      },
    });
  });
}

interface NamespacesToCheck {
  readonly namespaces: readonly string[];
  /** Why there are none, or not all. */
  readonly problem: string | undefined;
}
