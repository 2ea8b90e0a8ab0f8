import { describe, expect, it } from "vitest";
import type { AlertLabels } from "../model/alert.ts";
import {
  activeUntil,
  compileScope,
  isSharedScope,
  nextSilenceChange,
  type Silence,
  type SilenceScope,
  scopeKey,
  scopeNamespace,
  scopeSize,
  shownSilence,
  silencedBy,
  silenceState,
} from "./silence.ts";

function silence(changes: Partial<Silence>): Silence {
  return {
    id: "s1",
    scope: { kind: "everything" },
    from: 10,
    until: 20,
    reason: "maintenance",
    by: "eva",
    createdAt: 5,
    endWhenNormal: false,
    ...changes,
  };
}

describe("silenceState", () => {
  it.each`
    changes            | now   | state
    ${{}}              | ${9}  | ${"upcoming"}
    ${{}}              | ${10} | ${"active"}
    ${{}}              | ${19} | ${"active"}
    ${{}}              | ${20} | ${"expired"}
    ${{ endedAt: 15 }} | ${14} | ${"active"}
    ${{ endedAt: 15 }} | ${15} | ${"expired"}
    ${{ endedAt: 7 }}  | ${8}  | ${"expired"}
  `("from 10 until 20, $changes, at $now: $state", ({ changes, now, state }) => {
    expect(silenceState(silence(changes), now)).toBe(state);
  });
});

describe("a recurring silence", () => {
  const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);
  const nights = silence({
    from: at("23T00:00"),
    until: at("25T00:00"),
    repeat: { timeZone: "UTC", from: 22 * 60, to: 6 * 60 },
  });

  it.each([
    ["22T23:00", "upcoming", "23T00:00"],
    ["23T05:59", "active", "23T06:00"],
    ["23T06:00", "upcoming", "23T06:01"],
    ["23T22:00", "active", "23T22:01"],
    ["25T00:00", "expired", undefined],
  ])("is active at its times only: at %s %s", (now, state, change) => {
    expect(silenceState(nights, at(now))).toBe(state);
    expect(nextSilenceChange([nights], at(now))).toBe(change === undefined ? undefined : at(change));
  });

  it("pauses at the end of its hours, or ends", () => {
    expect(activeUntil(nights, at("23T23:30"))).toBe(at("24T06:00"));
    expect(activeUntil(nights, at("24T23:30"))).toBe(at("25T00:00"));
    expect(activeUntil(nights, at("24T12:00"))).toBe(nights.until);
    expect(activeUntil(silence({}), 12)).toBe(20);
  });
});

describe("compileScope", () => {
  const labels: AlertLabels = {
    alertname: "PodCrashLooping",
    namespace: "shop",
    workload: "Deployment/web",
    pod: "web-0",
    container: "app",
  };
  it.each<[SilenceScope, boolean]>([
    [{ kind: "everything" }, true],
    [{ kind: "namespace", namespace: "shop" }, true],
    [{ kind: "namespace", namespace: "bank" }, false],
    [{ kind: "workload", namespace: "shop", workload: "Deployment/web" }, true],
    [{ kind: "workload", namespace: "bank", workload: "Deployment/web" }, false],
    [{ kind: "pod", namespace: "shop", pod: "web-0" }, true],
    [{ kind: "pod", namespace: "shop", pod: "web-1" }, false],
    [{ kind: "container", namespace: "shop", pod: "web-0", container: "app" }, true],
    [{ kind: "container", namespace: "shop", pod: "web-0", container: "proxy" }, false],
    [{ kind: "matchers", matchers: [{ name: "alertname", operator: "=~", value: "Pod.*" }] }, true],
    [{ kind: "matchers", matchers: [{ name: "alertname", operator: "!=", value: "PodCrashLooping" }] }, false],
  ])("%j: %s", (scope, expected) => expect(compileScope(scope)(labels)).toBe(expected));
});

describe("scopeKey", () => {
  const namespace: SilenceScope = { kind: "namespace", namespace: "shop" };
  it.each<[SilenceScope, SilenceScope, boolean]>([
    [namespace, { ...namespace }, true],
    [namespace, { kind: "namespace", namespace: "bank" }, false],
    [namespace, { kind: "matchers", matchers: [{ name: "namespace", operator: "=", value: "shop" }] }, true],
    [{ kind: "everything" }, { kind: "matchers", matchers: [] }, true],
    [{ kind: "pod", namespace: "shop", pod: "a" }, { pod: "a", namespace: "shop", kind: "pod" }, true],
  ])("is the same for %j and %j: %s", (one, other, expected) =>
    expect(scopeKey(one) === scopeKey(other)).toBe(expected),
  );
});

describe("who may see a silence", () => {
  it("depends on the namespace to which its scope is restricted", () => {
    const matchers = (operator: "=" | "=~") =>
      ({ kind: "matchers", matchers: [{ name: "namespace", operator, value: "shop" }] }) as const;
    expect(scopeNamespace({ kind: "namespace", namespace: "shop" })).toBe("shop");
    expect(scopeNamespace(matchers("="))).toBe("shop");
    expect(scopeNamespace(matchers("=~"))).toBe(undefined);
    expect(scopeNamespace({ kind: "everything" })).toBe(undefined);
    expect(isSharedScope({ kind: "everything" })).toBe(true);
    expect(isSharedScope(matchers("="))).toBe(true);
    expect(isSharedScope(matchers("=~"))).toBe(false);
  });
});

describe("nextSilenceChange", () => {
  it("is the earliest future start or end", () => {
    expect(nextSilenceChange([], 0)).toBeUndefined();
    expect(nextSilenceChange([silence({}), silence({ from: 12 })], 9)).toBe(10);
    expect(nextSilenceChange([silence({}), silence({ from: 12, until: 18 })], 11)).toBe(12);
    expect(nextSilenceChange([silence({}), silence({ from: 12, until: 18 })], 13)).toBe(18);
    expect(nextSilenceChange([silence({})], 20)).toBeUndefined();
  });
});

it("scopeSize grows with the patterns of a scope", () => {
  expect(scopeSize({ kind: "pod", namespace: "shop", pod: "web-0" })).toBe(0);
  const matchers = [{ name: "pod", operator: "=~", value: "a{500}" }] as const;
  expect(scopeSize({ kind: "matchers", matchers })).toBeGreaterThan(500);
});

it("shownSilence keeps the reason and the author of a silence of one namespace or of everything", () => {
  const times = { from: 1, until: 2 };
  const shown = { ...times, id: "s-1", by: "root", reason: "moving" };
  const anonymous = { ...times, reason: "a silence of several namespaces" };
  const of = (scope: SilenceScope) => shownSilence({ ...shown, scope, createdAt: 0, endWhenNormal: true });
  const pod = { name: "pod", operator: "=~", value: ".*" } as const;
  const namespace = { name: "namespace", operator: "=", value: "shop" } as const;
  expect(of({ kind: "namespace", namespace: "shop" })).toEqual(shown);
  expect(of({ kind: "everything" })).toEqual(shown);
  expect(of({ kind: "matchers", matchers: [pod, namespace] })).toEqual(shown);
  expect(of({ kind: "matchers", matchers: [pod] })).toEqual(anonymous);
  expect(of({ kind: "matchers", matchers: [{ ...namespace, operator: "=~" }] })).toEqual(anonymous);
  expect([silencedBy(shown), silencedBy(anonymous)]).toEqual(["Silenced by root", "Silenced"]);
});
