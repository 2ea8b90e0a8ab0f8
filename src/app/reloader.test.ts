import { describe, expect, it } from "vitest";
import { aSetting } from "../../test/support/a-setting.ts";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { Action } from "../ports/activity.ts";
import type { ConfigView } from "../ports/settings.ts";
import { createConfigEvents } from "../telemetry/config-events.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import type { Delivery } from "./notifications.ts";
import { createReloader, settingsForNextStart, viewInForce } from "./reloader.ts";

const view = (values: Readonly<Record<string, unknown>>): ConfigView => ({
  settings: Object.entries(values).map(([key, value]) => aSetting(key, value)),
});

it("shows the value of the start for a setting that needs a restart, with the next one; all others as in the file", () => {
  const started = view({ "restarts.threshold": 5, "http.auth.mode": "kubernetes", "database.path": "/var/tmp" });
  const loaded = view({ "restarts.threshold": 3, "http.auth.mode": "token", "database.path": "/var/tmp" });
  expect(viewInForce(started, loaded).settings).toEqual([
    aSetting("restarts.threshold", 3),
    { ...aSetting("http.auth.mode", "kubernetes"), nextStart: { value: "token" } },
    aSetting("database.path", "/var/tmp"),
  ]);
});

it("applies the tokens of callers at once, but not the other settings of http.auth", () => {
  const started = view({ "http.auth.tokens": ["a", "b"], "http.auth.write_verb": "update" });
  const loaded = view({ "http.auth.tokens": ["a"], "http.auth.write_verb": "delete" });
  expect(viewInForce(started, loaded).settings).toEqual([
    aSetting("http.auth.tokens", ["a"]),
    { ...aSetting("http.auth.write_verb", "update"), nextStart: { value: "delete" } },
  ]);
});

it("lists the changed settings that need a restart", () => {
  const started = view({ "restarts.threshold": 5, "http.port": 8080, "database.path": "/var/tmp", retention: "30d" });
  const loaded = view({
    "restarts.threshold": 3,
    "http.port": 9090,
    "database.path": "/var/tmp",
    "http.tls.cert_file": "a",
  });
  expect(settingsForNextStart(viewInForce(started, loaded))).toEqual(["http.port", "http.tls.cert_file", "retention"]);
  expect(settingsForNextStart(viewInForce(started, started))).toEqual([]);
});

describe("reload", () => {
  /** `broken`: what fails while the second configuration is applied. */
  function reloading(broken?: "delivery" | "store" | "activity log") {
    const calls: string[] = [];
    const actions: Action[] = [];
    const clock = createFakeClock();
    const logger = createLogger("silent");
    const createDelivery = ({ logLevel: name }: Config): Delivery => {
      if (name === "debug" && broken === "delivery") throw new Error("unknown receiver team");
      const call = (what: string) => async () => void calls.push(`${name} ${what}`);
      const part = { [Symbol.asyncDispose]: call("stops deciding") };
      return {
        dispatcher: part,
        sender: {},
        start: call("starts"),
        [Symbol.asyncDispose]: call("is disposed"),
      } as never;
    };
    const loaded = (level: string) => {
      const result = loadConfig({ env: { OPENSHIFT_NAMESPACE: "shop", PODMONITOR_LOGLEVEL: level } });
      return result.ok ? result : expect.unreachable(JSON.stringify(result.problems));
    };
    const reloader = createReloader(loaded("info"), {
      clock,
      events: createConfigEvents(logger, createRegistry()),
      store: {
        actions: {
          log: async (action) => {
            if (broken === "activity log") throw new Error("disk full");
            actions.push(action);
          },
        },
        outbox: {
          groups: async () => {
            if (broken === "store") throw new Error("the database is down");
            return [];
          },
        },
      },
      createDelivery,
      changed: (next, before) => void calls.push(`${before.logLevel} → ${next.logLevel}`),
    });
    return { reloader, calls, actions, reload: () => reloader.reload(loaded("debug")) };
  }

  it("stops the old dispatcher, starts the new delivery, and only then disposes the old one", async () => {
    const { reloader, calls, actions, reload } = reloading();
    await reload();
    expect(calls).toEqual(["info stops deciding", "debug starts", "info is disposed", "info → debug"]);
    expect(reloader.config.logLevel).toBe("debug");
    expect(actions).toMatchObject([{ by: "SIGHUP", action: "config-reload", note: "Applied." }]);
  });

  it.each([
    { broken: "delivery", note: "Rejected: unknown receiver team", disposed: [] },
    { broken: "store", note: "Rejected: the database is down", disposed: ["debug is disposed"] },
  ] as const)("keeps the old delivery running when the new one fails: $broken", async ({ broken, note, disposed }) => {
    const { reloader, calls, actions, reload } = reloading(broken);
    const before = reloader.delivery;
    await reload();
    expect(calls).toEqual(disposed);
    expect(reloader.delivery).toBe(before);
    expect(reloader.config.logLevel).toBe("info");
    expect(reloader.lastLoad.problems).toEqual([note.replace("Rejected: ", "")]);
    expect(actions).toMatchObject([{ action: "config-reload", note }]);
  });

  it("applies a configuration even when the activity log cannot be written", async () => {
    const { reloader, reload } = reloading("activity log");
    await reload();
    expect(reloader.config.logLevel).toBe("debug");
  });
});
