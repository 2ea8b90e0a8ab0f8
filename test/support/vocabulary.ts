import { EXCEPTIONS, RULES } from "./word-list.ts";

const compiled = RULES.map(({ match, write, matchCase }) => ({
  pattern: new RegExp(`(?<!\\w)(?:${match})(?!\\w)`, matchCase ? "g" : "gi"),
  write,
}));

/** Lines such as `path:line:column: “word” → what to write instead`. */
export function hitsIn(path: string, text: string): string[] {
  const inName = wordsOf(path.replaceAll("-", " "));
  const inText = wordsOf(text);
  return [
    ...matches(inName.words).map(({ found, write }) => `${path}: “${found}” → ${write}`),
    ...matches(inText.words)
      .map((match) => ({ ...match, at: inText.offsetOf(match.index) }))
      .filter(({ at }) => !isException(path, lineAt(text, at)))
      .map(({ found, write, at }) => {
        const before = text.slice(0, at).split("\n");
        return `${path}:${before.length}:${before.at(-1)!.length + 1}: “${found}” → ${write}`;
      }),
  ];
}

function matches(words: string): { index: number; found: string; write: string }[] {
  return compiled
    .flatMap(({ pattern, write }) =>
      [...words.matchAll(pattern)].map((match) => ({ index: match.index, found: match[0], write })),
    )
    .toSorted((a, b) => a.index - b.index);
}

function isException(path: string, line: string): boolean {
  return EXCEPTIONS.some((exception) => path.startsWith(exception.path) && line.includes(exception.text));
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, end === -1 ? undefined : end);
}

/** The text with identifiers split into words and lines of one paragraph joined, and where each word was. */
function wordsOf(text: string): { words: string; offsetOf: (index: number) => number } {
  const separator =
    /(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_|\n(?!\s*\n)(?:[ \t]*(?:\*(?!\/)|\/\/|#|>))?[ \t]*/g;
  const pieces: string[] = [];
  const shifts: { from: number; offset: number }[] = [];
  let length = 0;
  let last = 0;
  const add = (piece: string, offset: number) => {
    shifts.push({ from: length, offset });
    pieces.push(piece);
    length += piece.length;
  };
  for (const match of text.matchAll(separator)) {
    add(text.slice(last, match.index), last);
    add(" ", match.index);
    last = match.index + match[0].length;
  }
  add(text.slice(last), last);
  return {
    words: pieces.join(""),
    offsetOf: (index) => {
      const shift = shifts.findLast(({ from }) => from <= index)!;
      return shift.offset + index - shift.from;
    },
  };
}
