/** A condition on one label, as Alertmanager writes it. A label that is absent has the value "". */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  /** For `=~` and `!~` a regular expression that must match the whole value. */
  readonly value: string;
}

export const MATCH_OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type MatchOperator = (typeof MATCH_OPERATORS)[number];

export type Labels = Readonly<Record<string, string | undefined>>;

/** Reads `severity="critical"`, `namespace=~"shop|bank"` or `container!=istio-proxy`. Throws a SyntaxError in words. */
export function parseMatcher(text: string): Matcher {
  const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/s.exec(text);
  if (match === null) {
    throw new SyntaxError(`${text} is not a matcher: expected NAME="VALUE", with one of =, !=, =~ or !~ between them`);
  }
  const [, name, operator, quoted, bare] = match;
  const matcher: Matcher = {
    name: name!,
    operator: operator as MatchOperator,
    value: quoted === undefined ? bare! : unquote(quoted),
  };
  const problem = whyUnusable(matcher);
  if (problem !== undefined) throw new SyntaxError(problem);
  return matcher;
}

/** A backslash escapes itself and the quotation mark; before anything else it is meant for the regular expression. */
function unquote(text: string): string {
  return text.replace(/\\(["\\])/g, "$1");
}

/** The form that `parseMatcher` reads. */
export function formatMatcher({ name, operator, value }: Matcher): string {
  return `${name}${operator}"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** True when every one of them holds; with none it always does. Compile once, ask often. Throws on what is unusable. */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  // Those that cost nothing first: a costly one of somebody's is not even tried on another namespace's alerts.
  const conditions = matchers.toSorted((a, b) => costOf(a) - costOf(b)).map(compile);
  return (labels) => conditions.every((holds) => holds(labels));
}

function costOf({ operator }: Matcher): number {
  return operator === "=" || operator === "!=" ? 0 : 1;
}

function compile(matcher: Matcher): (labels: Labels) => boolean {
  const problem = whyUnusable(matcher);
  if (problem !== undefined) throw new SyntaxError(problem);
  const { name, operator, value } = matcher;
  switch (operator) {
    case "=":
      return (labels) => (labels[name] ?? "") === value;
    case "!=":
      return (labels) => (labels[name] ?? "") !== value;
    case "=~": {
      const pattern = anchored(value);
      return (labels) => pattern.test(labels[name] ?? "");
    }
    case "!~": {
      const pattern = anchored(value);
      return (labels) => !pattern.test(labels[name] ?? "");
    }
  }
}

function anchored(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, "su");
}

const MAX_PATTERN = 1_000;
/** Each repetition that may match anything can multiply the time by the length of the value, which is 253 at most. */
const MAX_REPETITIONS = 3;

/** Some tenths of a second at the most. */
const MAX_STEPS = 50_000_000;
const MAX_VALUE = 253;

/**
 * What is wrong with a matcher, in words; undefined when nothing is. JavaScript's regular expressions backtrack, and
 * those of silences come from callers: what could take longer than moments is refused by its form (a repeated group,
 * a reference back, many open repetitions, or more choices than can be gone through).
 */
export function whyUnusable({ operator, value }: Matcher): string | undefined {
  if (operator === "=" || operator === "!=") return undefined;
  if (value.length > MAX_PATTERN) return `a regular expression may have ${MAX_PATTERN} characters at most`;
  try {
    // By itself: what closes more groups than it opens would only be one within the anchors.
    new RegExp(value, "su");
  } catch (error) {
    return `${value} is not a regular expression: ${(error as Error).message}`;
  }
  // Escaped characters and classes are single ones: neither brackets nor repetitions in them mean anything here.
  const bare = value.replace(/\\[pP]\{[^}]*\}|\\[^0-9k]|\[(?:[^\]\\]|\\.)*\]/gs, "x");
  if (/\\[0-9k]/.test(bare)) return `${value} refers back to an earlier group, which is not supported`;
  if (/\)(?:[*+]|\{)/.test(bare))
    return `${value} repeats a group, which can take for ever: repeat single characters only`;
  const repetitions = bare.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0;
  if (repetitions > MAX_REPETITIONS) {
    return `${value} has ${repetitions} open repetitions; ${MAX_REPETITIONS} are the most that are supported`;
  }
  if (MAX_VALUE ** repetitions * choicesOf(bare) > MAX_STEPS * factorial(repetitions)) {
    return `${value} leaves too many choices open, which can take for ever: fewer "?", groups with "|" or repetitions`;
  }
  return undefined;
}

/** In how many ways what may be there or not, and the alternatives of groups, can be combined. */
function choicesOf(bare: string): number {
  // A question mark after a repetition makes it lazy, and after a bracket says what kind of group it is.
  const optional = bare.match(/(?<![*+?}(])\?/g)?.length ?? 0;
  let choices = 2 ** optional;
  const open: number[] = [];
  for (const character of bare) {
    if (character === "(") open.push(1);
    else if (character === "|" && open.length > 0) open[open.length - 1]! += 1;
    else if (character === ")") choices *= open.pop()!;
  }
  return choices;
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}
