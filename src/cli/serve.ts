import { Command } from "commander";
import { type ConfigOptions, configFrom, loadFrom, withConfigOptions } from "./options.ts";
import { abandonStart, endSignal, onSignal } from "./signals.ts";
import { printLine, type Terminal } from "./terminal.ts";

interface Options extends ConfigOptions {
  readonly port?: string;
}

export function serveCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return withConfigOptions(new Command("serve"))
    .summary("watch the namespaces and serve the page and the API")
    .description(
      "Watches the namespaces, sends notifications, and serves the page and the API until SIGTERM or Ctrl-C.",
    )
    .option("-p, --port <port>", "port to listen on; 0 chooses a free port")
    .action(async (options: Options) => {
      const loaded = configFrom(options, terminal, portSetting(options.port));
      if (!loaded) return exit(1);
      const ended = endSignal();
      using reload = onSignal("SIGHUP");
      using backUp = onSignal("SIGUSR2");
      const { startApp } = await import("../app/app.ts");
      const stopping = new AbortController();
      void ended.then((signal) => stopping.abort(new Error(`stopped by ${signal}`)));
      const starting = startApp(loaded, undefined, stopping.signal);
      const first = await Promise.race([starting, ended]);
      if (typeof first === "string") {
        printLine(terminal.err, `pod-watcher: stopped by ${first} during startup`);
        return await abandonStart(starting);
      }
      await using app = first;
      reload.begin(() => app.reload(loadFrom(options, terminal, portSetting(options.port))));
      backUp.begin(app.backUp);
      printLine(terminal.err, `Pod Watcher is running at ${app.address.url}`);
      const lost = await Promise.race([ended.then(() => undefined), app.lost]);
      if (lost === undefined) return;
      printLine(terminal.err, `pod-watcher: ${lost.message}`);
      exit(1);
    });
}

export function portSetting(port: string | undefined) {
  if (port === undefined) return [];
  const value = /^\d+$/.test(port) ? Number(port) : port;
  return [{ option: "--port", key: ["http", "port"], value }];
}
