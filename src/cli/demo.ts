import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DemoReceivers } from "@pod-watcher/simulator/demo/receivers";
import { Command } from "commander";
import pc from "picocolors";
import type { KeyPath } from "../config/key-path.ts";
import { type Arguments, loadConfig, type OptionSetting } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { formatDuration } from "../core/model/duration.ts";
import { defaultPolicy } from "../core/model/policy.ts";
import { type Duration, MINUTE } from "../core/model/time.ts";
import { portSetting } from "./serve.ts";
import { endSignal } from "./signals.ts";
import { printLine, type Terminal } from "./terminal.ts";

interface Options {
  readonly port?: string;
  readonly speed: string;
}

export function demoCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("demo")
    .summary("watch a simulated cluster")
    .description(
      "Runs a simulated cluster and Pod Watcher in one process. It makes no connections outside this machine and keeps no data.",
    )
    .option("-p, --port <port>", "port to listen on (default: PORT, then 8080 or a free port)")
    .option("-s, --speed <factor>", "how many times faster than real time the simulation runs", "15")
    .action(async (options: Options) => {
      const speed = Number(options.speed);
      if (!(speed >= 1 && speed <= 60)) {
        printLine(terminal.err, `--speed: ${options.speed} is not a number from 1 to 60, such as 15`);
        return exit(1);
      }
      const ended = endSignal();
      await using parts = new AsyncDisposableStack();
      // Imported here, so that the other commands start without these modules.
      const { startDemo, DEMO_NAMESPACES } = await import("@pod-watcher/simulator/demo/scenario");
      const { startDemoReceivers } = await import("@pod-watcher/simulator/demo/receivers");
      const { startApp } = await import("../app/app.ts");
      const { systemClock } = await import("../ports/system-clock.ts");
      const { createLogger } = await import("../telemetry/logger.ts");

      const folder = mkdtempSync(join(tmpdir(), "pod-watcher-demo-"));
      parts.defer(() => rmSync(folder, { recursive: true, force: true }));
      const simulator = parts.use(await startDemo({ clock: systemClock, speed }));
      const receivers = parts.use(await startDemoReceivers());
      const caFile = join(folder, "ca.crt");
      writeFileSync(caFile, simulator.caPem);

      const given = terminal.env.PORT;
      const args: Arguments = {
        settings: [
          ...portSetting(options.port ?? given ?? "8080"),
          ...compressedRules(speed),
          ...notifications(receivers),
        ],
      };
      const env = {
        OPENSHIFT_HOST: new URL(simulator.url).host,
        OPENSHIFT_NAMESPACE: DEMO_NAMESPACES.join(","),
        OPENSHIFT_TOKEN: simulator.token(DEMO_NAMESPACES),
        OPENSHIFT_CA_FILE: caFile,
        PODMONITOR_FILEPATH: folder,
        BIND_ADDRESS: terminal.env.BIND_ADDRESS ?? "127.0.0.1",
        PODMONITOR_LOGLEVEL: terminal.env.PODMONITOR_LOGLEVEL ?? "error",
      };
      const loaded = loadConfig({ env, args });
      if (!loaded.ok) {
        for (const problem of loaded.problems) printLine(terminal.err, formatProblem(problem));
        return exit(1);
      }
      const logger = createLogger(loaded.config.logLevel);
      const start = (port: number) =>
        startApp({ ...loaded, config: { ...loaded.config, http: { ...loaded.config.http, port } } }, logger);
      const { port } = loaded.config.http;
      const isChosen = options.port !== undefined || given !== undefined;
      // If another server uses 8080, the demo uses a free port.
      const app = parts.use(await start(port).catch((error: unknown) => (isChosen ? Promise.reject(error) : start(0))));

      const { bold, dim } = pc.createColors(terminal.out.isTTY === true && terminal.env.NO_COLOR === undefined);
      const url = app.address.url;
      terminal.out.write(
        [
          "",
          `  Pod Watcher is running at ${bold(url)}`,
          "",
          `  It watches a simulated cluster (${DEMO_NAMESPACES.join(", ")}) in which pods keep failing and recovering.`,
          `  ${bold(`Simulated time is accelerated: it runs ${speed} times faster`)} than real time, so a back-off of five`,
          `  minutes takes ${Math.round(300 / speed)} seconds. The durations in the alert rules are shortened accordingly.`,
          "",
          "  Poll it as your monitoring would. The second poll returns no new alerts.",
          dim(`    curl ${url}pod-restart-alerts`),
          dim(`    curl ${url}status`),
          "",
          "  Press Ctrl-C to stop it. No data is kept.",
          "",
          "",
        ].join("\n"),
      );
      await ended;
    });
}

/** Failures go to on-call, all else to the chat after a while, so that the page always shows pending notifications. */
function notifications({ chat, onCall }: DemoReceivers): OptionSetting[] {
  return [
    {
      option: "demo",
      key: ["receivers"],
      value: [
        { name: "team-chat", type: "webhook", url: chat },
        { name: "on-call", type: "webhook", url: onCall },
      ],
    },
    {
      option: "demo",
      key: ["route"],
      value: {
        receiver: "team-chat",
        group_wait: "45s",
        group_interval: "1m",
        routes: [{ matchers: ['severity="critical"'], receiver: "on-call", group_interval: "30s" }],
      },
    },
  ];
}

/** The default rules, with all durations divided by the speed. */
function compressedRules(speed: number): OptionSetting[] {
  const setting = (key: KeyPath, span: Duration): OptionSetting => ({
    option: "--speed",
    key,
    value: formatDuration(span / speed),
  });
  const detectors = Object.entries(defaultPolicy.detectors).flatMap(([name, detector]) => [
    setting(["detectors", name, "for"], detector.for),
    setting(["detectors", name, "keep_firing_for"], detector.keepFiringFor),
  ]);
  return [
    setting(["restarts", "timeframe"], defaultPolicy.restartTimeframe),
    setting(["crash_loop_stable_after"], defaultPolicy.crashLoopStableAfter),
    setting(["churn", "window"], Math.max(defaultPolicy.churnWindow, MINUTE * speed)),
    ...detectors,
  ];
}
