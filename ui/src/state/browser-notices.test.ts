import { beforeEach, expect, it } from "vitest";
import type { Incident } from "../../../src/http/base/api-types.ts";
import { createBrowserNotices, type Notice } from "./browser-notices.ts";
import type { Preferences } from "./preferences.ts";

let shown: Notice[];
let beeps: number;
let preferences: Pick<Preferences, "notify" | "sound">;
const NOW = 1_000_000_000;
const notices = createBrowserNotices({
  preferences: () => preferences,
  now: () => NOW,
  show: (notice) => shown.push(notice),
  beep: () => {
    beeps += 1;
  },
});
const incident = (severity: Incident["severity"], since = NOW) =>
  ({
    id: severity,
    kind: "workload",
    workload: "Deployment/web",
    namespace: "shop",
    severity,
    since,
    short: "Crashes",
  }) as Incident;

beforeEach(() => {
  shown = [];
  beeps = 0;
  preferences = { notify: "critical", sound: false };
});

it("shows new incidents that are not only warnings", () => {
  notices.opened([incident("critical"), incident("warning"), incident("unknown")]);
  expect(shown.map(({ title }) => title)).toEqual(["Critical: web in shop", "Unknown: web in shop"]);
  expect(beeps).toBe(0);
});

it("shows warnings if asked, with one sound for all", () => {
  preferences = { notify: "all", sound: true };
  notices.opened([incident("critical"), incident("warning")]);
  expect([shown.length, beeps]).toEqual([2, 1]);
});

it("shows no incident that was open before, and nothing unless asked", () => {
  notices.opened([incident("critical", NOW - 600_000)]);
  preferences = { notify: "off", sound: true };
  notices.opened([incident("critical")]);
  notices.lost();
  expect([shown.length, beeps]).toEqual([0, 0]);
});

it("says that the server does not answer", () => {
  notices.lost();
  expect(shown).toEqual([{ title: "Pod Watcher does not answer", body: "New incidents are not known.", tag: "lost" }]);
});
