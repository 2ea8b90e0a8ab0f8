import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ownTerminal } from "../../test/support/terminal.ts";
import { COMMANDS, run } from "./run.ts";
import { printableTerminal, printColored } from "./terminal.ts";

it("prints an error in one line, with its cause in parentheses", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pod-watcher-run-"));
  try {
    writeFileSync(join(folder, "taken"), "");
    const err = new PassThrough({ encoding: "utf8" });
    const env = {
      OPENSHIFT_NAMESPACE: "shop",
      PODMONITOR_FILEPATH: join(folder, "taken"),
      PODMONITOR_LOGLEVEL: "ERROR",
    };
    expect(await run(["serve"], { env, out: new PassThrough(), err })).toBe(1);
    const [line = ""] = String(err.read()).trimEnd().split("\n");
    expect(line).toMatch(
      /^pod-watcher: .*taken cannot be used for the state: it is a file, not a folder\. Correct the path, or set PODMONITOR_FILEPATH to another folder\. \(EEXIST: .*\)$/,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe("--help", () => {
  const commands = COMMANDS.map((command) => command(ownTerminal(), () => {}));

  it.each(commands.map((command) => [command.name(), command] as const))(
    "%s has two examples, of options that exist",
    async (name, command) => {
      const terminal = ownTerminal();
      expect(await run([name, "--help"], terminal)).toBe(0);
      const examples = [...terminal.printed().matchAll(/^ {2}\$ pod-watcher (\S+)(.*)$/gm)];
      expect(examples.length).toBeGreaterThanOrEqual(2);
      const known = command.options.flatMap(({ short, long }) => [short, long]);
      for (const [, called, rest = ""] of examples) {
        expect(called).toBe(name);
        for (const [option] of rest.matchAll(/(?<= )--?[a-z][a-z-]*/g)) expect(known).toContain(option);
      }
    },
  );

  it("the program has two examples", async () => {
    const terminal = ownTerminal();
    expect(await run(["--help"], terminal)).toBe(0);
    expect(terminal.printed().match(/^ {2}\$ pod-watcher /gm)).toHaveLength(2);
  });

  it("is named by a usage error", async () => {
    const terminal = ownTerminal();
    expect(await run(["alerts", "--al"], terminal)).toBe(1);
    expect(terminal.complaints()).toContain("(pod-watcher alerts --help shows the options)");
  });
});

describe("colors", () => {
  function printed(isTTY: boolean, env: Record<string, string> = {}): string {
    const own = ownTerminal(env);
    const terminal = printableTerminal({ ...own, out: { isTTY, write: (text) => own.out.write(text) } });
    printColored(terminal, "critical \u001B[2Jx\nok\n", (line) => (line.startsWith("critical") ? "red" : undefined));
    return own.printed();
  }

  it("are written on a terminal only, unless NO_COLOR is set, and never come from the text", () => {
    expect(printed(true)).toBe("\u001B[31mcritical \uFFFD[2Jx\n\u001B[0mok\n");
    for (const plain of [printed(false), printed(true, { NO_COLOR: "1" })])
      expect(plain).toBe("critical \uFFFD[2Jx\nok\n");
  });
});
