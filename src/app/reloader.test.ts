import { expect, it } from "vitest";
import type { ConfigView, Setting } from "../ports/settings.ts";
import { settingsForNextStart, viewInForce } from "./reloader.ts";

const setting = (key: string, value: unknown): Setting => ({
  key,
  value,
  variable: undefined,
  meaning: "",
  secret: false,
  source: "file",
  where: undefined,
});

const view = (values: Readonly<Record<string, unknown>>): ConfigView => ({
  settings: Object.entries(values).map(([key, value]) => setting(key, value)),
});

it("keeps what waits for the next start as it was at the start, and marks it; the rest is as in the file", () => {
  const started = view({ "restarts.threshold": 5, "http.auth.mode": "kubernetes", "database.path": "/var/tmp" });
  const loaded = view({ "restarts.threshold": 3, "http.auth.mode": "token", "database.path": "/var/tmp" });
  expect(viewInForce(started, loaded).settings).toEqual([
    setting("restarts.threshold", 3),
    { ...setting("http.auth.mode", "kubernetes"), nextStart: { value: "token" } },
    setting("database.path", "/var/tmp"),
  ]);
});

it("takes callers' tokens at once, but not what else stands beside them", () => {
  const started = view({ "http.auth.tokens": ["a", "b"], "http.auth.write_verb": "update" });
  const loaded = view({ "http.auth.tokens": ["a"], "http.auth.write_verb": "delete" });
  expect(viewInForce(started, loaded).settings).toEqual([
    setting("http.auth.tokens", ["a"]),
    { ...setting("http.auth.write_verb", "update"), nextStart: { value: "delete" } },
  ]);
});

it("names what takes effect at the next start only, and nothing that did not change", () => {
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
