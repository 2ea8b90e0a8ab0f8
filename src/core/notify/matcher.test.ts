import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileMatchers, formatMatcher, matcherError, parseMatcher, patternSize } from "./matcher.ts";

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
  `("parses $text", ({ text, matcher }) => expect(parseMatcher(text)).toEqual(matcher));

  it.each(["", "severity", '="x"', 'a-b="x"', 'a="x" b="y"', 'a="x', "a=~(", 'a=~"("', 'a~"x"'])("rejects %j", (text) =>
    expect(() => parseMatcher(text)).toThrow(SyntaxError),
  );

  it("parses the output of formatMatcher", () => {
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

  it("rejects an invalid matcher", () => {
    expect(() => compileMatchers([{ name: "pod", operator: "=~", value: "(" }])).toThrow(SyntaxError);
  });
});

describe("matcherError", () => {
  const errorFor = (value: string) => matcherError({ name: "pod", operator: "=~", value });

  it.each(["web-.*", "(?:a|b)c?", "(a+)+", "(a|b){2,}", ".*.*.*.*", "a?".repeat(30), "[(*+]+", "\\p{L}+"])(
    "accepts %s",
    (value) => expect(errorFor(value)).toBeUndefined(),
  );

  it.each([
    ["web-(", "“web-(” is not a valid regular expression (RE2 syntax): missing closing )."],
    ["a**", "“a**” is not a valid regular expression (RE2 syntax): invalid nested repetition operator at position 2."],
    ["(a)\\1", /invalid escape sequence at position 4/],
    ["a(?=b)", /invalid or unsupported Perl syntax at position 2/],
    ["web-[a", /missing closing \] at position 5/],
    ["a)|(?:b", /unexpected \)/],
    ["x".repeat(1_001), /longer than 1000 characters/],
  ])("rejects %s", (value, error) => expect(errorFor(value)).toMatch(error));

  it("accepts any plain value", () => {
    expect(matcherError({ name: "pod", operator: "=", value: "(a+)+(" })).toBeUndefined();
  });

  it("matches in linear time: patterns that are exponential with backtracking are fast", () => {
    const startedAt = process.cpuUsage();
    for (const value of ["(a+)+!", "(a|aa)+!", "(a|a)*(a|aa)*(.*a){20}!", `${"a?".repeat(200)}${"a".repeat(200)}!`]) {
      expect(compileMatchers([{ name: "pod", operator: "=~", value }])({ pod: "a".repeat(253) })).toBe(false);
    }
    expect(process.cpuUsage(startedAt).user / 1_000).toBeLessThan(2_000);
  });
});

it("patternSize counts the instructions of regular expressions, not of plain values", () => {
  expect(patternSize([{ name: "pod", operator: "=", value: "(a+)+" }])).toBe(0);
  const one = patternSize([{ name: "pod", operator: "=~", value: "web-.*" }]);
  expect(one).toBeGreaterThan(4);
  expect(one).toBeLessThan(20);
  expect(patternSize([{ name: "pod", operator: "!~", value: "a{500}" }])).toBeGreaterThan(500);
});
