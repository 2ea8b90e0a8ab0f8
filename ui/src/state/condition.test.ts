import { describe, expect, it } from "vitest";
import { conditionOf, tabFace } from "./condition.ts";
import type { Freshness } from "./link.ts";
import type { Coverage } from "./unknown-namespaces.ts";

const namespaces = (unknown: number, watched: number): Coverage => ({
  unknown: Array.from({ length: unknown }, () => ({ namespace: "shop", state: "forbidden", pods: 0 })),
  watched,
  isTotal: unknown === watched,
});
const known = (freshness: Freshness, unknown = 0, watched = 4, isPaused = false) => ({
  freshness,
  coverage: namespaces(unknown, watched),
  isPaused,
});
const attention = (critical: number, warning: number, unknown = 0) => ({ critical, warning, unknown });

describe("the connection label", () => {
  it.each`
    what                     | freshness         | unknown | watched | paused   | condition
    ${"all is known"}        | ${"live"}         | ${0}    | ${4}    | ${false} | ${"live"}
    ${"a namespace is dark"} | ${"live"}         | ${1}    | ${4}    | ${false} | ${"unknown"}
    ${"nothing is watched"}  | ${"live"}         | ${0}    | ${0}    | ${false} | ${"unknown"}
    ${"paused"}              | ${"live"}         | ${0}    | ${4}    | ${true}  | ${"paused"}
    ${"paused and unknown"}  | ${"live"}         | ${1}    | ${4}    | ${true}  | ${"unknown"}
    ${"the stream is down"}  | ${"reconnecting"} | ${1}    | ${4}    | ${true}  | ${"reconnecting"}
    ${"the server is gone"}  | ${"stale"}        | ${1}    | ${4}    | ${true}  | ${"gone"}
    ${"the session ended"}   | ${"signed-out"}   | ${1}    | ${4}    | ${true}  | ${"signed-out"}
    ${"access was taken"}    | ${"denied"}       | ${1}    | ${4}    | ${true}  | ${"denied"}
    ${"it starts"}           | ${"connecting"}   | ${0}    | ${4}    | ${false} | ${"connecting"}
  `("is $condition when $what", ({ freshness, unknown, watched, paused, condition }) => {
    expect(conditionOf(known(freshness, unknown, watched, paused))).toBe(condition);
  });
});

describe("the tab", () => {
  it.each`
    prefix      | favicon       | freshness       | unknown | counts
    ${""}       | ${"normal"}   | ${"live"}       | ${0}    | ${attention(0, 0)}
    ${"(8) "}   | ${"critical"} | ${"live"}       | ${0}    | ${attention(4, 4)}
    ${"(4) "}   | ${"warning"}  | ${"live"}       | ${0}    | ${attention(0, 4)}
    ${"(5) "}   | ${"unknown"}  | ${"live"}       | ${0}    | ${attention(0, 4, 1)}
    ${"(4+?) "} | ${"unknown"}  | ${"live"}       | ${2}    | ${attention(1, 3, 2)}
    ${"(?) "}   | ${"unknown"}  | ${"live"}       | ${1}    | ${attention(0, 0, 1)}
    ${"(?) "}   | ${"unknown"}  | ${"live"}       | ${4}    | ${attention(3, 0)}
    ${"(?) "}   | ${"lost"}     | ${"stale"}      | ${0}    | ${attention(3, 0)}
    ${"(?) "}   | ${"lost"}     | ${"signed-out"} | ${0}    | ${attention(3, 0)}
    ${"(?) "}   | ${"lost"}     | ${"denied"}     | ${0}    | ${attention(3, 0)}
  `(
    "has $prefix and $favicon for $counts, $unknown unknown, $freshness",
    ({ prefix, favicon, freshness, unknown, counts }) => {
      expect(tabFace(known(freshness, unknown), counts)).toEqual({ prefix, favicon });
    },
  );
});
