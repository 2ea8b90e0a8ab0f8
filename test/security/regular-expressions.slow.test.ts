/**
 * Every regular expression of the program and of the page takes linear time, or has a bound: measured with texts made of
 * its own parts. Patterns of callers are another matter: those run on RE2, see silence-patterns.test.ts.
 */
import { join, relative } from "node:path";
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import { isCallExpression, isIdentifier, isNewExpression } from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/sync";
import { beforeAll, describe, expect, it } from "vitest";
import { excerpt } from "../../src/core/text/excerpt.ts";
import { crashHint, startHint } from "../../src/core/text/hints.ts";
import { imageHint } from "../../src/core/text/image-hints.ts";
import { maskSecrets } from "../../src/core/text/mask.ts";
import { plainText, shorten } from "../../src/core/text/plain.ts";

/** Longer than a termination message (4 KiB), a log line or an event that the program keeps. */
const LENGTH = 16_000;
/** Linear expressions take less than 1 ms, and those with the bounds of this code some 20 ms. */
const LIMIT_MS = 100;

/** Expressions that take longer on such a text, and why that cannot happen. */
const BOUNDED: Readonly<Record<string, string>> = {
  "src/core/detect/job.ts /\\d+$/": "the name of a Job has at most 63 characters",
  "src/core/evaluate/replacement.ts /\\d+$/": "the name of an owner has at most 253 characters (RFC 1123)",
  "src/core/text/plain.ts /[\\s,:;(]+$/": "the text is shortened to a constant length before",
  "src/notify/receivers/http-post.ts /\\/+$/": "an address of the operator's configuration",
};

/** Composed at start; `FUNCTIONS` measures them. Others are for words of the program itself. */
const COMPOSED: Readonly<Record<string, string>> = {
  "src/core/text/hints.ts": "crashHint and startHint",
  "src/core/text/image-hints.ts": "imageHint",
  "src/core/text/mask.ts": "maskSecrets",
  "src/core/text/plain.ts": "plainText",
  "src/http/auth/auth-rules.ts": "the addresses of the routes, with `[^/]+` between slashes",
};
const FUNCTIONS = {
  crashHint,
  startHint,
  imageHint,
  maskSecrets: (text: string) => maskSecrets(text),
  plainText,
  excerpt: (text: string) => excerpt(text, 400),
  shorten: (text: string) => shorten(text, 400),
};

interface Found {
  readonly file: string;
  readonly text: string;
}

const ROOT = join(import.meta.dirname, "../..");
const literals: Found[] = [];
const composed: Found[] = [];

beforeAll(() => {
  const api = new API({ cwd: ROOT });
  const configs = ["tsconfig.json", "ui/tsconfig.json"].map((name) => join(ROOT, name));
  const snapshot = api.updateSnapshot({ openProjects: configs });
  const seen = new Set<string>();
  for (const { program } of snapshot.getProjects()) {
    for (const name of program.getSourceFileNames()) {
      const file = relative(ROOT, name);
      const isProduction = /^(?:src|ui\/src|packages\/[^/]+\/src)\//.test(file) && !/\.test\.tsx?$/.test(file);
      const source = isProduction && !seen.has(file) ? program.getSourceFile(name) : undefined;
      seen.add(file);
      if (source !== undefined) collect(source, file);
    }
  }
  api.close();
}, 120_000);

function collect(node: Node, file: string): void {
  if (node.kind === SyntaxKind.RegularExpressionLiteral) literals.push({ file, text: node.getText() });
  const isCall = isNewExpression(node) || isCallExpression(node);
  if (isCall && isIdentifier(node.expression) && node.expression.text === "RegExp") {
    composed.push({ file, text: node.getText() });
  }
  node.forEachChild((child) => collect(child, file));
}

const CHARACTERS = [..."aAéx0 \n\t-./:\"'\\=(<[{,;@~_+\u001B"];

/** The words in an expression, such as `error mounting ` in `/error mounting .{1,1000}/`. */
function wordsOf(source: string): readonly string[] {
  const plain = source
    .replaceAll(/\\[bBdDsSwWpPn](?:\{[^}]*\})?|\(\?(?:<?[=!]|:|<\w+>)|\{\d+(?:,\d*)?\}|\[(?:\\.|[^\]])*\]/g, "\0")
    .replaceAll(/\\(.)/g, "$1");
  return [...new Set(plain.split(/[\0()|?*+^$.]+/).filter((word) => word !== ""))];
}

const repeated = (unit: string) => unit.repeat(Math.ceil(LENGTH / unit.length));

/** One character or word over and over, alone and after each word; then something that matches nothing. */
function* textsFor(words: readonly string[]): Generator<string> {
  for (const unit of [...CHARACTERS, ...words]) {
    const run = repeated(unit);
    yield `${run}\0`;
    for (const word of words.slice(0, 40)) yield `${word}${run}\0`;
  }
  for (const word of words) for (const character of CHARACTERS) yield `${repeated(word + character)}\0`;
}

/** Processor time, so that other programs on the machine do not count; the best of three, if the first is slow. */
function took(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && best > LIMIT_MS; attempt++) {
    const before = process.cpuUsage();
    work();
    best = Math.min(best, process.cpuUsage(before).user / 1_000);
  }
  return best;
}

function slowest(words: readonly string[], work: (text: string) => unknown): string | undefined {
  for (const text of textsFor(words)) {
    const ms = took(() => work(text));
    if (ms > LIMIT_MS) return `${Math.round(ms)} ms for ${JSON.stringify(text.slice(0, 60))}…`;
  }
  return undefined;
}

describe("regular expressions", () => {
  it("take linear time, or are in the list with the reason why they are bounded", { timeout: 300_000 }, () => {
    expect(literals.length).toBeGreaterThan(200);
    const slow = literals.flatMap(({ file, text }) => {
      const end = text.lastIndexOf("/");
      const expression = new RegExp(text.slice(1, end), text.slice(end + 1));
      const time = slowest(wordsOf(expression.source), (one) => one.replace(expression, ""));
      const name = `${file} ${text}`;
      return time === undefined || name in BOUNDED ? [] : [`${name}: ${time}`];
    });
    expect(slow).toEqual([]);
    const known = new Set(literals.map(({ file, text }) => `${file} ${text}`));
    expect(Object.keys(BOUNDED).filter((name) => !known.has(name))).toEqual([]);
  });

  it("are literals, or composed of constants in a file of the list", () => {
    expect([...new Set(composed.map(({ file }) => file))].toSorted()).toEqual(Object.keys(COMPOSED).toSorted());
  });

  it.each(Object.entries(FUNCTIONS))("%s takes linear time", { timeout: 120_000 }, (_, work) => {
    const words = [
      "password=",
      "token: ",
      "key",
      '"',
      "\\\\",
      "-----BEGIN PRIVATE KEY-----",
      "Caused by: ",
      "https://a:b@",
      ...composed.flatMap(({ file, text }) => (/hints/.test(file) ? wordsOf(text) : [])).slice(0, 40),
    ];
    expect(slowest(words, work)).toBeUndefined();
  });
});
