import { expect, it } from "vitest";
import { aSetting } from "../../test/support/a-setting.ts";
import type { ConfigView } from "../ports/settings.ts";
import { settingsForNextStart, viewInForce } from "./reloader.ts";

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
