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
    .summary("a simulated cluster, watched: see what it does")
    .description(
      "Starts a simulated cluster, the watcher and its store in this process. Nothing leaves the machine and nothing is kept.",
    )
    .option("-p, --port <port>", "where to listen; else PORT, else a free port near 8080")
    .option("-s, --speed <factor>", "how many times faster time passes than on your clock", "15")
    .action(async (options: Options) => {
      const speed = Number(options.speed);
      if (!(speed >= 1 && speed <= 60)) {
        printLine(terminal.err, `--speed: ${options.speed} is not a number from 1 to 60`);
        return exit(1);
      }
      const ended = endSignal();
      await using parts = new AsyncDisposableStack();
      // Loaded late, so that the other commands start without them.
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
        settings: [...portSetting(options.port ?? given ?? "8080"), ...compressedRules(speed), ...telling(receivers)],
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
        startApp({ ...loaded, config: { ...loaded.config, http: { ...loaded.config.http, port } } }, { logger });
      const { port } = loaded.config.http;
      const isChosen = options.port !== undefined || given !== undefined;
      // Somebody else's server at 8080 is no reason not to show a demo.
      const app = parts.use(await start(port).catch((error: unknown) => (isChosen ? Promise.reject(error) : start(0))));

      const { bold, dim } = pc.createColors(terminal.out.isTTY === true && terminal.env.NO_COLOR === undefined);
      const url = app.address.url;
      terminal.out.write(
        [
          "",
          `  Pod Watcher is at ${bold(url)}`,
          "",
          `  It watches a simulated cluster (${DEMO_NAMESPACES.join(", ")}) in which something is always going wrong.`,
          `  ${bold(`Time is compressed: the cluster lives ${speed} times faster`)} than a real one, so that a back-off of`,
          `  five minutes lasts ${Math.round(300 / speed)} seconds; the watcher's own rules are shortened alike.`,
          "",
          "  Ask it as your monitoring would, twice: the second time there is nothing new.",
          dim(`    curl ${url}pod-restart-alerts`),
          dim(`    curl ${url}status`),
          "",
          "  Ctrl-C ends it. Nothing is kept.",
          "",
          "",
        ].join("\n"),
      );
      await ended;
    });
}

/** What fails is told on call, the rest to the chat after a while, so that the page always has something still unnotified. */
function telling({ chat, onCall }: DemoReceivers): OptionSetting[] {
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

/** The rules in force by default, with every span as many times shorter as the cluster lives faster. */
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
