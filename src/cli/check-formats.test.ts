import { describe, expect, it } from "vitest";
import { anAlert } from "../../test/support/alerts.ts";
import { CHECK_FORMATS, problemLines, verdictOf } from "./check-formats.ts";
import type { NamespaceObservation } from "./cluster-look.ts";

const permitted = { problem: undefined, missing: [], grant: undefined };
const quiet: NamespaceObservation = { namespace: "blog", pods: 3, alerts: [], ...permitted };
const crash = anAlert();
const restarts = anAlert({
  labels: { alertname: "PodRestartingTooOften", pod: "web-0", container: "web" },
  severity: "warning",
  annotations: { summary: "Container web of web-0 restarted 5 times", description: "", reason: "Error" },
});
const warned: NamespaceObservation = { namespace: "shop", pods: 7, alerts: [restarts], ...permitted };
const failing: NamespaceObservation = { namespace: "shop", pods: 7, alerts: [restarts, crash], ...permitted };
const blind: NamespaceObservation = {
  namespace: "billing",
  pods: 0,
  alerts: [],
  problem: {
    since: 0,
    message: "The pods of namespace billing may not be read.",
    remedy: "oc policy …\nkubectl …",
    missing: ["list pods"],
  },
  missing: ["list pods"],
  grant: "oc policy …\nkubectl …",
};
const withoutLogs: NamespaceObservation = { ...quiet, missing: ["get pods/log"], grant: "oc policy …\nkubectl …" };

it.each`
  looks                | verdict | reason
  ${[quiet]}           | ${0}    | ${"all is normal"}
  ${[quiet, warned]}   | ${1}    | ${"a warning is the worst"}
  ${[warned, failing]} | ${2}    | ${"a failure is the worst"}
  ${[quiet, blind]}    | ${3}    | ${"one namespace could not be looked at"}
  ${[warned, blind]}   | ${3}    | ${"what could not be seen may be worse than a warning"}
  ${[failing, blind]}  | ${2}    | ${"a failure was seen all the same"}
`("the exit code is $verdict when $because", ({ looks, verdict }) => expect(verdictOf(looks)).toBe(verdict));

describe("one line", () => {
  it.each([
    [[quiet], "all normal: 3 pods in blog\n"],
    [
      [quiet, failing],
      "1 failure and 1 warning among 10 pods in blog, shop: shop/checkout-0/app CrashLoopBackOff, shop/web-0/web Error\n",
    ],
    [[quiet, blind], "all normal: 3 pods in blog; could not look into billing\n"],
    [[blind], "could not look into billing\n"],
  ])("for people", (looks, line) => expect(CHECK_FORMATS.text(looks, "")).toBe(line));

  it("names the three worst of many", () => {
    const many = Array.from({ length: 9 }, (_, index) => anAlert({ labels: { pod: `checkout-${index}` } }));
    const line = CHECK_FORMATS.text([{ ...failing, alerts: many }], "");
    expect(line).toBe(
      "9 failures among 7 pods in shop: shop/checkout-0/app CrashLoopBackOff, shop/checkout-1/app CrashLoopBackOff, shop/checkout-2/app CrashLoopBackOff, …\n",
    );
  });
});

it("tells of a missing permission without which it can look all the same", () => {
  expect(verdictOf([withoutLogs])).toBe(0);
  expect(CHECK_FORMATS.text([withoutLogs], "")).toBe("all normal: 3 pods in blog\n");
  const table = CHECK_FORMATS.table([withoutLogs], "api.example");
  expect(table).toMatch(/^blog +no get pods\/log +3 +0$/m);
  expect(table).toContain("In namespace blog the token may not get pods/log.\noc policy …\nkubectl …\n");
});

it("is a Nagios plug-in's output: status, text, performance data, then the long text without bars", () => {
  const summary = "Container app of checkout-0 keeps crashing | or so";
  const alert = { ...crash, annotations: { ...crash.annotations, summary } };
  const output = CHECK_FORMATS.nagios([{ ...failing, alerts: [restarts, alert] }], "");
  expect(output.split("\n")).toEqual([
    "POD WATCHER CRITICAL - 1 failure and 1 warning among 7 pods in shop: shop/checkout-0/app CrashLoopBackOff, shop/web-0/web Error | failures=1;;0 warnings=1;0 pods=7",
    "critical: shop/checkout-0/app: Container app of checkout-0 keeps crashing / or so",
    "warning: shop/web-0/web: Container web of web-0 restarted 5 times",
    "",
  ]);
});

it("is JSON for programs", () => {
  expect(JSON.parse(CHECK_FORMATS.json([failing, blind], "api.example:6443"))).toMatchObject({
    status: "CRITICAL",
    exitCode: 2,
    server: "api.example:6443",
    namespaces: [
      { namespace: "shop", pods: 7 },
      { namespace: "billing", missing: ["list pods"] },
    ],
    alerts: [
      { alertname: "PodCrashLooping", pod: "checkout-0", severity: "critical", reason: "CrashLoopBackOff" },
      { alertname: "PodRestartingTooOften", pod: "web-0", severity: "warning" },
    ],
  });
});

it("is a table for people, with what would mend what could not be looked at", () => {
  const output = CHECK_FORMATS.table([failing, blind], "api.example:6443");
  expect(output).toMatch(/^shop +ok +7 +2$/m);
  expect(output).toMatch(/^billing +not readable +- +-$/m);
  expect(output).toMatch(
    /^critical +PodCrashLooping +shop\/checkout-0\/app +Container app of checkout-0 keeps crashing$/m,
  );
  expect(output).toContain(problemLines([blind]));
  expect(problemLines([blind])).toBe("The pods of namespace billing may not be read.\noc policy …\nkubectl …\n");
});
