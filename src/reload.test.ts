import { expect, it } from "vitest";
import type { ConfigView, Setting } from "./config/config.ts";
import { settingsForNextStart } from "./reload.ts";

const view = (values: Readonly<Record<string, unknown>>): ConfigView => ({
  settings: Object.entries(values).map(
    ([key, value]): Setting => ({
      key,
      value,
      variable: undefined,
      meaning: "",
      secret: false,
      source: "file",
      where: undefined,
    }),
  ),
});

it("names what takes effect at the next start only, and nothing that did not change", () => {
  const before = view({ "restarts.threshold": 5, "http.port": 8080, "database.path": "/var/tmp", retention: "30d" });
  const after = view({
    "restarts.threshold": 3,
    "http.port": 9090,
    "database.path": "/var/tmp",
    "http.tls.cert_file": "a",
  });
  expect(settingsForNextStart(before, after)).toEqual(["http.port", "http.tls.cert_file", "retention"]);
  expect(settingsForNextStart(before, before)).toEqual([]);
});
