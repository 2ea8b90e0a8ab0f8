import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decisiveLines, excerpt } from "./excerpt.ts";

const noise = Array.from({ length: 40 }, (_, n) => `2026-11-30T18:00:00Z INFO request ${n} served in 12 ms`).join("\n");

describe("excerpt", () => {
  it("quotes a short message as it is, on one line", () => {
    expect(excerpt(" a\tb \u001b[31mc\u001b[0m\n", 400)).toBe("a b c");
  });

  it.each([
    ["a short message", "cannot connect\n\n  giving up\n", 400, "cannot connect / giving up"],
    ["a line that the next one continues", "cannot start:\n  no such file", 400, "cannot start: no such file"],
    ["a long message", `${noise}\nERROR cannot connect\ngiving up`, 40, "ERROR cannot connect / giving up"],
  ])("separates the lines of %s", (_what, text, limit, quoted) => {
    expect(excerpt(text, limit)).toBe(quoted);
  });

  it.each<[what: string, end: string, quoted: string]>([
    [
      "a panic in Go",
      "panic: index out of range [3]\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:17 +0x1d\nexit status 2",
      "panic: index out of range [3]",
    ],
    [
      "a fatal error in Go",
      "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:",
      "fatal error: all goroutines are asleep - deadlock!",
    ],
    [
      "a panic in Rust",
      "thread 'main' panicked at src/main.rs:4:10:\ncalled `Option::unwrap()` on a `None` value\nnote: run with `RUST_BACKTRACE=1`",
      "thread 'main' panicked at src/main.rs:4:10: called `Option::unwrap()` on a `None` value",
    ],
    [
      "the cause of a Java exception",
      `Exception in thread "main" java.lang.IllegalStateException: cannot start\n${"\tat com.example.App.main(App.java:1)\n".repeat(40)}Caused by: java.net.UnknownHostException: orders\n${"\tat java.base/java.net.Socket.connect(Socket.java:1)\n".repeat(9)}\t... 12 more`,
      "Caused by: java.net.UnknownHostException: orders",
    ],
    [
      "the exception of Java",
      `Exception in thread "main" java.lang.IllegalStateException: cannot start\n${"\tat com.example.App.main(App.java:1)\n".repeat(40)}`,
      'Exception in thread "main" java.lang.IllegalStateException: cannot start',
    ],
    [
      "the exception of Python",
      `Traceback (most recent call last):\n${'  File "/app/x.py", line 3, in <module>\n    main()\n'.repeat(9)}KeyError: 'DATABASE_URL'`,
      "KeyError: 'DATABASE_URL'",
    ],
    [
      "the error of Node.js",
      `Error: Cannot find module 'express'\n${"    at Module._load (node:internal/modules/cjs/loader:1:2)\n".repeat(9)}`,
      "Error: Cannot find module 'express'",
    ],
    [
      "the exception of .NET",
      `Unhandled exception. System.InvalidOperationException: no endpoint\n ---> System.Net.Sockets.SocketException: refused\n${"   at Program.Main() in /src/Program.cs:line 1\n".repeat(9)}`,
      "---> System.Net.Sockets.SocketException: refused",
    ],
    [
      "a fatal line of a log",
      `2026-11-30 18:00:01 UTC [1] FATAL:  data directory has wrong ownership\n${noise.slice(0, 300)}`,
      "FATAL: data directory has wrong ownership",
    ],
    [
      "a fatal line of klog",
      `F1130 18:00:01.000000 1 main.go:17] no kubeconfig\n${noise.slice(0, 300)}`,
      "no kubeconfig",
    ],
    [
      "a line in JSON",
      '{"level":"fatal","time":1,"msg":"cannot listen","error":"address in use"}',
      "fatal: cannot listen: address in use",
    ],
    [
      "a line in JSON with a nested error",
      '{"severity":"ERROR","message":"start failed","err":{"message":"no route"}}',
      "ERROR: start failed: no route",
    ],
    ["the end of anything else", "shutting down\nbye", "shutting down / bye"],
  ])("quotes %s", (_what, end, quoted) => {
    const words = excerpt(`${noise}\n${end}`, 400);
    expect(words).toContain(quoted);
    expect([...words].length).toBeLessThanOrEqual(400);
    expect(words).not.toMatch(/request 20 served/);
  });

  it("quotes the start and the end of one long line", () => {
    const words = excerpt(`failed to start: ${"very ".repeat(200)}long: no such file`, 100);
    expect(words).toMatch(/^failed to start: .+ … .+ long: no such file$/);
    expect([...words].length).toBeLessThanOrEqual(100);
  });

  it.each([
    [
      "Java",
      `Exception in thread "main" a.B: start failed\n${"\tat a.b.C(D.java:1)\n".repeat(60)}Caused by: c.D: refused`,
      'Exception in thread "main" a.B: start failed … Caused by: c.D: refused',
    ],
    [
      "Go",
      `panic: boom\n\ngoroutine 1 [running]:\n${"main.run(...)\nmain.main()\n\t/src/main.go:10 +0x1d\n".repeat(30)}`,
      "panic: boom",
    ],
  ])("does not fill up with the stack trace of %s", (_language, text, quoted) => {
    expect(excerpt(text, 400)).toBe(quoted);
  });

  it("marks lines that were left out", () => {
    expect(excerpt(`panic: boom\n${noise}`, 100)).toMatch(/^panic: boom … 2026.+request 39 served in 12 ms$/);
  });

  it.each(["{broken}", '{"a":1}', '{"error":"x"}', '{"msg":1}', "{}", '{"error":{"code":1}}'])("keeps %s", (line) => {
    expect(excerpt(`${noise}\n${line}`, 200)).toContain(line);
  });

  it("prefers lines with a cause to the end, and the end to a stack trace", () => {
    expect(decisiveLines("FATAL: a\nready\n    at x (y.js:1)")).toEqual(["FATAL: a", "ready", "at x (y.js:1)"]);
    expect(decisiveLines("")).toEqual([]);
  });

  it("never exceeds its limit and never fails", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), fc.integer({ min: 30, max: 400 }), (text, limit) => {
        expect([...excerpt(text, limit)].length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it.each(["a: ", "Error", "Aa.", "panic: ", "Caused by: ", "at ", "{", "\n", "x.go:1", "A".repeat(50)])(
    "takes time in proportion to the text: %j again and again",
    (piece) => {
      const before = process.cpuUsage();
      excerpt(piece.repeat(Math.ceil(100_000 / piece.length)), 400);
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(4_000);
    },
  );
});
