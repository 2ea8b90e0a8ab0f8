import { RE2JS, type RE2JSSyntaxException } from "re2js";

/** A condition on one label, with the syntax of Alertmanager. An absent label has the value "". */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  /** For `=~` and `!~`: a regular expression (RE2) that must match the whole value. */
  readonly value: string;
}

export const MATCH_OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type MatchOperator = (typeof MATCH_OPERATORS)[number];

export type Labels = Readonly<Record<string, string | undefined>>;

/** Parses `severity="critical"`, `namespace=~"shop|bank"` or `container!=istio-proxy`. Throws a SyntaxError. */
export function parseMatcher(text: string): Matcher {
  const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/s.exec(text);
  if (match === null) {
    throw new SyntaxError(`${text} is not a matcher. Use NAME="VALUE" with one of the operators =, !=, =~ and !~.`);
  }
  const [, name, operator, quoted, bare] = match;
  const matcher: Matcher = {
    name: name!,
    operator: operator as MatchOperator,
    value: quoted === undefined ? bare! : unquote(quoted),
  };
  compile(matcher);
  return matcher;
}

/** A backslash escapes itself and the quotation mark. Any other escape belongs to the regular expression. */
function unquote(text: string): string {
  return text.replace(/\\(["\\])/g, "$1");
}

/** The inverse of `parseMatcher`. */
export function formatMatcher({ name, operator, value }: Matcher): string {
  return `${name}${operator}"${value.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * A predicate that is true if all matchers match. Compile once and reuse it. Throws a SyntaxError. Plain comparisons come
 * first, so that the patterns of a silence of one namespace cost nothing in the others.
 */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const conditions = [...matchers.filter((one) => !isPattern(one)), ...matchers.filter(isPattern)].map(compile);
  return (labels) => conditions.every((matches) => matches(labels));
}

export function isPattern({ operator }: Matcher): boolean {
  return operator === "=~" || operator === "!~";
}

/** The instructions of all patterns: the time to match a value grows with them. Throws a SyntaxError. */
export function patternSize(matchers: readonly Matcher[]): number {
  return matchers.filter(isPattern).reduce((sum, { value }) => sum + compilePattern(value).programSize(), 0);
}

/** An error message for an invalid matcher; undefined for a valid one. */
export function matcherError(matcher: Matcher): string | undefined {
  try {
    compile(matcher);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

function compile({ name, operator, value }: Matcher): (labels: Labels) => boolean {
  switch (operator) {
    case "=":
      return (labels) => (labels[name] ?? "") === value;
    case "!=":
      return (labels) => (labels[name] ?? "") !== value;
    case "=~": {
      const pattern = compilePattern(value);
      return (labels) => pattern.matches(labels[name] ?? "");
    }
    case "!~": {
      const pattern = compilePattern(value);
      return (labels) => !pattern.matches(labels[name] ?? "");
    }
  }
}

const MAX_PATTERN_LENGTH = 1_000;

/** RE2 matches in linear time, so that patterns from API callers cannot block the event loop (docs/adr/0018). */
function compilePattern(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new SyntaxError(`The regular expression is longer than ${MAX_PATTERN_LENGTH} characters.`);
  }
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new SyntaxError(describeSyntaxError(pattern, error as RE2JSSyntaxException));
  }
}

/** `error.input` is the invalid part, or the whole pattern, to which re2js adds the flags. */
function describeSyntaxError(pattern: string, { error, input }: RE2JSSyntaxException): string {
  const at = pattern.indexOf(String(input));
  const where = at === -1 ? "" : ` at position ${at + 1}`;
  return `“${pattern}” is not a valid regular expression (RE2 syntax): ${error}${where}.`;
}
