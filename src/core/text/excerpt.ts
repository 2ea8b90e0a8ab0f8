import { oneLine, plainText, shortenMiddle } from "./plain.ts";

/**
 * The lines of a program's output that say why it ended, on one line and with at most `limit` characters: an exception
 * and its causes, a panic, a fatal message, and the end. ` / ` separates lines, ` … ` stands for the lines between.
 */
export function excerpt(text: string, limit: number): string {
  const whole = trimmedLines(text).reduce(joinLines, "");
  if ([...whole].length <= limit) return whole;
  const lines = linesOf(text);
  const chosen = new Set<number>();
  let length = 0;
  for (const index of byImportance(lines)) {
    const room = limit - length - (chosen.size === 0 ? 0 : SEPARATOR.length);
    const line = lines[index]!;
    if (chosen.size > 0 && (line.length > room || (NOISE.test(line) && /\w/.test(line)))) continue;
    chosen.add(index);
    length += Math.min(line.length, limit) + (chosen.size === 1 ? 0 : SEPARATOR.length);
  }
  const indexes = [...chosen].toSorted((a, b) => a - b);
  const quoted = indexes.reduce((before, index) => {
    const isNext = before === "" || chosen.has(index - 1);
    return isNext ? joinLines(before, lines[index]!) : `${before}${SEPARATOR}${lines[index]}`;
  }, "");
  return shortenMiddle(quoted, limit);
}

/** A line that ends with a colon is continued by the next one. */
function joinLines(before: string, line: string): string {
  if (before === "") return line;
  return `${before}${before.endsWith(":") ? " " : LINE_BREAK}${line}`;
}

/** The lines that say why, the most important first; the others, from the end, follow. */
export function decisiveLines(text: string): readonly string[] {
  const lines = linesOf(text);
  return byImportance(lines).map((index) => lines[index]!);
}

const SEPARATOR = " … ";
/** As long as the separator. */
const LINE_BREAK = " / ";

/** Lines that say why, from the most to the least specific. Each pattern reads a bounded start of the line. */
const KINDS: readonly RegExp[] = [
  // The innermost cause of a Java exception, of a .NET one, and of anyhow in Rust.
  /^(?:Caused by|Root cause|---> )/i,
  // Go and Rust.
  /^(?:panic: |fatal error: |thread '[^']{0,100}' (?:\(\d{1,10}\) )?panicked at)/,
  // Java, Python, .NET, Node.js and Ruby: the name of an exception, and its message.
  /^(?:Exception in thread |Unhandled exception|Uncaught |Traceback )?(?:[\w"'-]{1,60}[.: ]{1,3}){0,8}?[A-Z]\w{0,60}(?:Error|Exception|Failure|Interrupt|Exit)\b(?:\s?\[|:|$| \()/,
  /^.{0,120}?\b(?:FATAL|CRITICAL|PANIC|EMERG|fatal|critical|panic|panicked|CRIT)\b/,
  /^[EF]\d{4} \d\d:/,
  /^.{0,120}?\b(?:ERROR|SEVERE|error|Error|ERR|failed|FAILED|cannot|Cannot|denied)\b/,
];

/** A line of a stack trace, a register, or nothing but punctuation: it names a place, not a cause. */
const NOISE =
  /^(?:at |\.\.\. \d+ (?:more|common)|File "|goroutine \d|created by |rip |rax |exit status \d|note: run with|stack backtrace|\d+: +(?:0x)?[\w:<>]+$|[\w./*()@-]{1,200}\.go:\d+|[\w./*()-]{1,200}\((?:0x[0-9a-f]|(?:\.\.\.)?\)$)|[\s\p{P}\p{S}]*$)/u;

function linesOf(text: string): readonly string[] {
  return trimmedLines(text)
    .map(messageOf)
    .filter((line) => line !== "");
}

function trimmedLines(text: string): readonly string[] {
  return plainText(text)
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "");
}

/** The message of a line in JSON, with its error; any other line as it is. */
function messageOf(line: string): string {
  if (!line.startsWith("{") || !line.endsWith("}")) return line;
  try {
    const { level, severity, msg, message, error, err, exception } = JSON.parse(line) as Record<string, unknown>;
    const said = [level ?? severity, msg ?? message, error ?? err ?? exception]
      .map((part) => (typeof part === "string" ? part : nestedMessage(part)))
      .filter((part) => part !== undefined && part !== "");
    return said.length > 1 || (said.length === 1 && (msg ?? message) !== undefined) ? oneLine(said.join(": ")) : line;
  } catch {
    return line;
  }
}

function nestedMessage(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { message } = value as Record<string, unknown>;
  return typeof message === "string" ? message : undefined;
}

/** Indexes into `lines`. Of each kind, the last line counts most: what came before did not end the program. */
function byImportance(lines: readonly string[]): readonly number[] {
  const ranked = new Set<number>();
  for (const kind of KINDS) {
    for (let index = lines.length - 1; index >= 0; index--) {
      if (!kind.test(lines[index]!) || NOISE.test(lines[index]!)) continue;
      ranked.add(index);
      // Rust, and Python with notes, continue the message on the next line.
      if (/panicked at|:$/.test(lines[index]!) && index + 1 < lines.length) ranked.add(index + 1);
      break;
    }
  }
  for (let index = lines.length - 1; index >= 0; index--) if (!NOISE.test(lines[index]!)) ranked.add(index);
  for (let index = lines.length - 1; index >= 0; index--) ranked.add(index);
  return [...ranked];
}
