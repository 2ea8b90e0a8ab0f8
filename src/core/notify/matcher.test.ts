import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileMatchers, formatMatcher, MATCH_OPERATORS, parseMatcher, whyUnusable } from "./matcher.ts";

describe("parseMatcher", () => {
  it.each`
    text                            | matcher
    ${'severity="critical"'}        | ${{ name: "severity", operator: "=", value: "critical" }}
    ${"severity=critical"}          | ${{ name: "severity", operator: "=", value: "critical" }}
    ${' namespace =~ "shop|bank" '} | ${{ name: "namespace", operator: "=~", value: "shop|bank" }}
    ${'container!="istio-proxy"'}   | ${{ name: "container", operator: "!=", value: "istio-proxy" }}
    ${'pod!~"web-\\d+"'}            | ${{ name: "pod", operator: "!~", value: "web-\\d+" }}
    ${'pod=""'}                     | ${{ name: "pod", operator: "=", value: "" }}
    ${"pod="}                       | ${{ name: "pod", operator: "=", value: "" }}
    ${'pod="a\\"b\\\\c"'}           | ${{ name: "pod", operator: "=", value: 'a"b\\c' }}
  `("reads $text", ({ text, matcher }) => expect(parseMatcher(text)).toEqual(matcher));

  it.each(["", "severity", '="x"', 'a-b="x"', 'a="x" b="y"', 'a="x', "a=~(", 'a=~"("', 'a~"x"'])("refuses %j", (text) =>
    expect(() => parseMatcher(text)).toThrow(SyntaxError),
  );

  it("reads what formatMatcher writes", () => {
    fc.assert(
      fc.property(fc.constantFrom("=", "!=" as const), fc.string(), (operator, value) => {
        const matcher = { name: "pod", operator: operator as "=", value };
        expect(parseMatcher(formatMatcher(matcher))).toEqual(matcher);
      }),
    );
  });
});

describe("compileMatchers", () => {
  const labels = { namespace: "shop", pod: "web-0", container: undefined };
  it.each`
    matchers                              | expected
    ${[]}                                 | ${true}
    ${['namespace="shop"']}               | ${true}
    ${['namespace="sho"']}                | ${false}
    ${['namespace!="shop"']}              | ${false}
    ${['namespace=~"s.*"', 'pod="x"']}    | ${false}
    ${['namespace=~"s.*"', 'pod=~"w.*"']} | ${true}
    ${['namespace=~"hop"']}               | ${false}
    ${['namespace=~"a|shop"']}            | ${true}
    ${['namespace!~"a|shop"']}            | ${false}
    ${['namespace!~"a|b"']}               | ${true}
    ${['container=""']}                   | ${true}
    ${['node=""']}                        | ${true}
    ${['node!=""']}                       | ${false}
    ${['node=~".*"']}                     | ${true}
    ${['node!~".+"']}                     | ${true}
  `("$matchers: $expected", ({ matchers, expected }) => {
    expect(compileMatchers(matchers.map(parseMatcher))(labels)).toBe(expected);
  });

  it("does not try a costly condition where one that costs nothing has failed", () => {
    let tried = 0;
    const counted = {
      namespace: "bank",
      get pod() {
        tried++;
        return "web-0";
      },
    };
    const holds = compileMatchers(['pod=~"w.*"', 'namespace="shop"'].map(parseMatcher));
    expect([holds(counted), tried]).toEqual([false, 0]);
    expect([holds({ namespace: "shop", pod: "web-0" }), holds({ namespace: "shop", pod: "db" })]).toEqual([
      true,
      false,
    ]);
  });

  it("refuses what cannot be used", () => {
    expect(() => compileMatchers([{ name: "pod", operator: "=~", value: "(" }])).toThrow(SyntaxError);
  });
});

describe("whyUnusable", () => {
  const why = (value: string) => whyUnusable({ name: "pod", operator: "=~", value });

  it.each([
    "web-.*",
    "(?:a|b)c?",
    ".*a.*b.*",
    "a|b",
    ".*?-(?:a|b|c|d)-.*-.+",
    `(?:${"x|".repeat(300)}y)-.*`,
    "a{3}",
    "[(*+]+",
    "\\(\\*\\)",
    "\\p{L}+",
    "x[\\]*]*",
  ])("accepts %s", (value) => expect(why(value)).toBeUndefined());

  it.each([
    ["(a+)+", /repeats a group/],
    ["(a|a)*", /repeats a group/],
    ["(a|b){2,}", /repeats a group/],
    ["(a)\\1", /refers back/],
    ["(?<n>a)\\k<n>", /refers back/],
    [".*.*.*.*", /open repetitions/],
    ["a{1,9}b{1,9}c+d+", /open repetitions/],
    ["a?".repeat(30), /too many choices/],
    ["(a|a)".repeat(30), /too many choices/],
    [`${"(a|ab)".repeat(5)}.*.*.*`, /too many choices/],
    ["(", /not a regular expression/],
    ["a)|(?:b", /not a regular expression/],
    ["x".repeat(1_001), /1000 characters/],
  ])("refuses %s", (value, reason) => expect(why(value)).toMatch(reason));

  it("does not care for the form of a plain value", () => {
    expect(whyUnusable({ name: "pod", operator: "=", value: "(a+)+(" })).toBeUndefined();
  });

  it("answers within moments on the longest value, whatever it accepts", () => {
    const piece = fc.constantFrom("a", ".", "[ab]", "\\w", "(?:a|b)", "a|", "(a|ab)");
    const repeated = fc.tuple(piece, fc.constantFrom("", "*", "+", "?", "{2,}")).map((parts) => parts.join(""));
    const value = `${"ab".repeat(126)}!`;
    fc.assert(
      fc.property(
        fc.array(repeated, { maxLength: 8 }).map((parts) => parts.join("")),
        (pattern) => {
          fc.pre(why(pattern) === undefined);
          const before = process.cpuUsage();
          compileMatchers([{ name: "pod", operator: "=~", value: pattern }])({ pod: value });
          expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
        },
      ),
    );
    expect(MATCH_OPERATORS).toContain("=~");
  });
});
