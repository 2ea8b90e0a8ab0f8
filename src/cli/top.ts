import { Command } from "commander";
import { systemClock } from "../ports/system-clock.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import type { Terminal } from "./terminal.ts";
import { createTopSession, REFRESH_INTERVAL } from "./top-session.ts";

interface Options extends RemoteOptions {
  readonly by?: string;
}

export function topCommand(terminal: Terminal): Command {
  return withRemoteOptions(new Command("top"))
    .summary("show the open incidents of a running Pod Watcher on the whole terminal")
    .description(
      "Shows the open incidents, the worst first, and keeps them up to date. Keys: j and k move, a acknowledges, s silences for 1 h, l shows the log, ? helps, q quits.",
    )
    .option("--by <name>", "your name, if the server does not authenticate callers")
    .action(async (options: Options) => {
      const { now } = systemClock;
      let quit = () => {};
      const remote = createRemote(options, terminal);
      const session = createTopSession({ remote, now, by: options.by, onQuit: () => quit() });
      if (terminal.out.isTTY !== true || !process.stdin.isTTY)
        throw new Error("top needs a terminal: use `pod-watcher alerts --watch` for a pipe or a file");
      await session.refresh();
      const { problem } = session.state();
      if (problem !== undefined) throw new Error(problem);
      // Imported here, so that the other commands start without these modules.
      const { showTop } = await import("./top-app.ts");
      const shown = showTop(session, { now, isColored: (terminal.env.NO_COLOR ?? "") === "" });
      quit = shown.quit;
      const timer = setInterval(() => void session.refresh(), REFRESH_INTERVAL);
      await shown.ended.finally(() => clearInterval(timer));
    });
}
