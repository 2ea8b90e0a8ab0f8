import { describe, expect, it } from "vitest";
import { anAlert } from "../../test/support/alerts.ts";
import { CHECK_FORMATS, type CheckResult, exitCodeOf, problemLines } from "./check-formats.ts";
import type { NamespaceCheck } from "./check-namespace.ts";

const of = (checks: readonly NamespaceCheck[], server = ""): CheckResult => ({
  ...{ checks, server, problem: undefined, warnings: [] },
});
const permitted = { problem: undefined, missing: [], grant: undefined };
const normal: NamespaceCheck = { namespace: "blog", pods: 3, alerts: [], ...permitted };
const crash = anAlert();
const restarts = anAlert({
  labels: { alertname: "PodRestartingTooOften", pod: "web-0", container: "web" },
  severity: "warning",
  annotations: { summary: "Container web of web-0 restarted 5 times", description: "", reason: "Error" },
});
const warned: NamespaceCheck = { namespace: "shop", pods: 7, alerts: [restarts], ...permitted };
const failing: NamespaceCheck = { namespace: "shop", pods: 7, alerts: [restarts, crash], ...permitted };
const unreadable: NamespaceCheck = {
  namespace: "billing",
  pods: 0,
  alerts: [],
  problem: {
    since: 0,
    message: "Missing permission to read the pods of namespace billing.",
    remedy: "oc policy …\nkubectl …",
    missing: ["list pods"],
    reason: "not allowed to list its pods (403)",
    ofNamespace: true,
  },
  missing: ["list pods"],
  grant: "oc policy …\nkubectl …",
};
const unreachable = (namespace: string): NamespaceCheck => ({
  ...{ namespace, pods: 0, alerts: [], missing: [], grant: "Renew the token." },
  problem: {
    ...{ since: 0, message: `${namespace}: 401`, remedy: "Renew the token.", missing: [] },
    ...{ reason: "the API server rejects the credentials (401)", ofNamespace: false },
  },
});
const withoutLogs: NamespaceCheck = { ...normal, missing: ["get pods/log"], grant: "oc policy …\nkubectl …" };

it.each`
  checks                   | exitCode | reason
  ${[normal]}              | ${0}     | ${"there are no alerts"}
  ${[normal, warned]}      | ${1}     | ${"the worst alert is a warning"}
  ${[warned, failing]}     | ${2}     | ${"the worst alert is a failure"}
  ${[normal, unreadable]}  | ${3}     | ${"one namespace could not be checked"}
  ${[warned, unreadable]}  | ${3}     | ${"an unchecked namespace may have worse than a warning"}
  ${[failing, unreadable]} | ${2}     | ${"a failure outranks an unchecked namespace"}
`("the exit code is $exitCode when $reason", ({ checks, exitCode }) => expect(exitCodeOf(of(checks))).toBe(exitCode));

describe("the one-line summary", () => {
  it.each([
    [[normal], "no problems: 3 pods in blog\n"],
    [
      [normal, failing],
      "1 failure and 1 warning among 10 pods in blog, shop: shop/checkout-0/app CrashLoopBackOff, shop/web-0/web Error\n",
    ],
    [
      [normal, unreadable],
      "no problems: 3 pods in blog; could not check billing: not allowed to list its pods (403)\n",
    ],
    [
      [unreachable("a"), unreachable("b"), unreadable],
      "could not check a, b: the API server rejects the credentials (401); could not check billing: not allowed to list its pods (403)\n",
    ],
    [[unreadable], "could not check billing: not allowed to list its pods (403)\n"],
  ])("counts alerts and names the worst", (checks, line) => expect(CHECK_FORMATS.text(of(checks))).toBe(line));

  it("names the three worst of many", () => {
    const many = Array.from({ length: 9 }, (_, index) => anAlert({ labels: { pod: `checkout-${index}` } }));
    const line = CHECK_FORMATS.text(of([{ ...failing, alerts: many }]));
    expect(line).toBe(
      "9 failures among 7 pods in shop: shop/checkout-0/app CrashLoopBackOff, shop/checkout-1/app CrashLoopBackOff, shop/checkout-2/app CrashLoopBackOff, …\n",
    );
  });
});

it("reports a missing permission that is not needed for the check", () => {
  expect(exitCodeOf(of([withoutLogs]))).toBe(0);
  expect(CHECK_FORMATS.text(of([withoutLogs]))).toBe("no problems: 3 pods in blog\n");
  const table = CHECK_FORMATS.table(of([withoutLogs], "api.example"));
  expect(table).toMatch(/^blog +no get pods\/log +3 +0$/m);
  expect(table).toContain("The token may not get pods/log in namespace blog.\noc policy …\nkubectl …\n");
});

it("prints Nagios plugin output: status, text, performance data, then the long text without bars", () => {
  const summary = "Container app of checkout-0 keeps crashing | or so";
  const alert = { ...crash, annotations: { ...crash.annotations, summary } };
  const output = CHECK_FORMATS.nagios(of([{ ...failing, alerts: [restarts, alert] }]));
  expect(output.split("\n")).toEqual([
    "POD WATCHER CRITICAL - 1 failure and 1 warning among 7 pods in shop: shop/checkout-0/app CrashLoopBackOff, shop/web-0/web Error | failures=1;;0 warnings=1;0 pods=7",
    "critical: shop/checkout-0/app: Container app of checkout-0 keeps crashing / or so",
    "warning: shop/web-0/web: Container web of web-0 restarted 5 times",
    "",
  ]);
});

it("prints the reason once and no performance data where a namespace was not checked", () => {
  const output = CHECK_FORMATS.nagios({ ...of([unreachable("a"), unreachable("b")]), warnings: ["X: is not used"] });
  expect(output.split("\n")).toEqual([
    "POD WATCHER UNKNOWN - could not check a, b: the API server rejects the credentials (401)",
    "Renew the token.",
    "warning: X: is not used",
    "",
  ]);
  const partly = CHECK_FORMATS.nagios(of([failing, unreachable("a")]));
  expect(partly.split("\n")[0]).toMatch(
    /^POD WATCHER CRITICAL - 1 failure and 1 warning among 7 pods in shop: [^|]*\(401\)$/,
  );
});

it("prints JSON", () => {
  expect(JSON.parse(CHECK_FORMATS.json(of([failing, unreadable], "api.example:6443")))).toMatchObject({
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

it("prints a table, with the commands that grant missing permissions", () => {
  const output = CHECK_FORMATS.table(of([failing, unreadable], "api.example:6443"));
  expect(output).toMatch(/^shop +ok +7 +2$/m);
  expect(output).toMatch(/^billing +not readable +- +-$/m);
  expect(output).toMatch(
    /^critical +PodCrashLooping +shop\/checkout-0\/app +Container app of checkout-0 keeps crashing$/m,
  );
  expect(output).toContain("could not check billing: not allowed to list its pods (403)\n");
  expect(output).toContain(problemLines([unreadable]));
  expect(problemLines([unreadable])).toBe(
    "Missing permission to read the pods of namespace billing.\noc policy …\nkubectl …\n",
  );
});
