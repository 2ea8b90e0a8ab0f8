import { withoutEscapes } from "./plain.ts";
import { FORMATS, MASK } from "./secret-formats.ts";

/**
 * Masks secrets in log lines, termination messages and command lines. It detects them by format (a JWT, a private key)
 * or by name (`password=`). It keeps what says why something failed: "password: not a directory", "unexpected token: }".
 * Escape sequences of terminals are removed, because they can stand between a name and its value. All repetitions are
 * bounded, so the time is linear in the length of the text.
 */
export function maskSecrets(text: string): string {
  let masked = withoutEscapes(text);
  for (const [pattern, replacement] of FORMATS) masked = masked.replace(pattern, replacement);
  return maskNamed(masked);
}

/** The same for consecutive lines, because a private key spans several. A masked key becomes one line. */
export function maskLines(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? lines : maskSecrets(lines.join("\n")).split("\n");
}

/** Names whose values are secret, whatever they look like. */
const STRONG =
  "passw(?:or)?d|passphrase|passwd|requirepass|masterauth|secret|private[_.-]?key|api[_.-]?key|access[_.-]?key|" +
  "account[_.-]?key|shared[_.-]?access[_.-]?key|encryption[_.-]?key|signing[_.-]?key|master[_.-]?key|credentials?|" +
  "connection[_.-]?string|session[_.-]?key|auth[_.-]?token|access[_.-]?token|refresh[_.-]?token|id[_.-]?token|" +
  "bearer[_.-]?token|security[_.-]?token|bot[_.-]?token|x-amz-signature|x-amz-credential|client-key-data|storepass|keypass";

/** Names that also occur in prose ("unexpected token: …"), so the value must look like a secret. */
const WEAK =
  "token|auth|authorization|apikey|pwd|pass|pat|otp|signature|sig|cookie|dsn|jwt|webhook|salt|key|mnemonic|seed";

/** `(path)(name)(separator)`: the name with what precedes it in the same word, so that a path is recognized as one. */
const NAMED = new RegExp(
  String.raw`(?<![\w.$-])(-{0,2}[\w.$-]{0,60}?)(?:(${STRONG})((?:[_.-]?[A-Za-z0-9]{1,20}){0,2})|(?<![A-Za-z])(${WEAK})|(?<=[a-z])(Token|Key|Pass|Pwd|Auth))` +
    String.raw`(\\?["']?\s{0,4}(?:=>|:=|[:=])\s{0,4}|\s{1,4})`,
  "gi",
);

/** Keys that are not secret. */
const OTHER_KEYS =
  /(?:primary|foreign|public|partition|sort|routing|cache|unique|duplicate|sharding|shard|group|object|row|column|lookup|dedup|map|config|registry|hot|missing|unknown|invalid|unexpected|composite|index|license_type|host|ssh_host|known)[_.-]?$/i;

/** Text before `token` where a parser complains about its input. */
const PARSER =
  /\b(?:un)?expected(?: \w{1,20})?\s$|\b(?:illegal|unrecogni[sz]ed|unknown|near|next|parse|syntax|lex(?:er)?|at|last|stop)\s$/i;

function maskNamed(text: string): string {
  let masked = "";
  let from = 0;
  NAMED.lastIndex = 0;
  for (let match = NAMED.exec(text); match !== null; match = NAMED.exec(text)) {
    const [whole, before, strong, rest, weak, camel, separator] = match;
    const begin = match.index + whole.length;
    if (/^[_.-]?names?$/i.test(rest ?? "")) continue;
    const word = (strong ?? weak ?? camel)!;
    const name: Name = { before: before!, isStrong: strong !== undefined, word, separator: separator! };
    const end = begin + secretLength(text, match.index, begin, name);
    if (end === begin) continue;
    masked += text.slice(from, begin) + MASK;
    from = end;
    NAMED.lastIndex = end;
  }
  return masked + text.slice(from);
}

interface Name {
  /** The part of the word before the name, with the dashes of an option. */
  readonly before: string;
  readonly isStrong: boolean;
  readonly word: string;
  readonly separator: string;
}

const QUOTED = /\\"[^"\n]{1,4000}?\\"|"(?:[^"\\\n]|\\.){1,4000}"|'(?:[^'\\\n]|\\.){1,4000}'/y;
const NOTHING = /(?:\[masked\]|(?:null|nil|<nil>|none|undefined|true|false|yes|no|\*+)(?![\w-])|["']{2})/iy;
/** A comma belongs to the value unless a space or another name follows. */
const BARE = /(?:[^\s"'\\,;&)}\]<>]|,(?![\s"']|[\w.-]{1,40}[=:])|\\(?!["n])){1,4000}/y;
const LINE = /[^\n"]{1,4000}/y;

/** The length of the secret that follows a name; 0 if none does. */
function secretLength(text: string, start: number, begin: number, name: Name): number {
  const { before, isStrong, word, separator } = name;
  const isOption = before.startsWith("-");
  const isAssignment = separator.includes("=");
  const isSpace = separator.trim() === "";
  if (isSpace && !(isOption && (isStrong || /^(?:token|pass)$/i.test(word)))) return 0;
  if (match(NOTHING, text, begin) !== "" || (isSpace && text[begin] === "-")) return 0;
  if (!isAssignment && !isOption && isPath(text, start, before)) return 0;
  const quoted = match(QUOTED, text, begin);
  const value = quoted === "" ? match(BARE, text, begin) : quoted;
  // `--password is required`
  if (isSpace && isProse(value)) return 0;
  if (!isStrong) {
    // `dbPass`, but not `compass`.
    if (/[a-z]$/i.test(before) && !/^[A-Z]/.test(word)) return 0;
    if (/^key$/i.test(word) && (before === "" || OTHER_KEYS.test(before))) return 0;
    if (/^token$/i.test(word) && PARSER.test(text.slice(Math.max(0, start - 40), start) + before)) return 0;
    return isWeakSecret(name, value, quoted !== "", isAssignment) ? value.length : 0;
  }
  if (quoted !== "") return isSentence(quoted) && !isAssignment && !startsRandom(quoted) ? 0 : value.length;
  if (isAssignment) return isVariable(text, start, before, word) ? match(LINE, text, begin).length : value.length;
  if (isSpace || !separator.endsWith(" ")) return /^\/\//.test(value) ? 0 : value.length;
  return phraseLength(text, begin, value);
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** `/etc/passwd: not a directory`: the name is part of a path, and what follows is an error. */
function isPath(text: string, start: number, before: string): boolean {
  return text[start - 1] === "/" || text[start - 1] === "\\" || /^\.{1,2}$/.test(before);
}

/** `DB_PASSWORD=with a space` on a line of its own, as `env` prints it. */
function isVariable(text: string, start: number, before: string, word: string): boolean {
  const isFirst = start === 0 || /(?:\n|^)(?:export |- )?$/.test(text.slice(Math.max(0, start - 8), start));
  return isFirst && /^[A-Z0-9_]*$/.test(before) && word === word.toUpperCase();
}

function isWeakSecret(
  { before, word, separator }: Name,
  value: string,
  isQuoted: boolean,
  isAssignment: boolean,
): boolean {
  if (value === "" || /^["']?(?:\/|\.\/)/.test(value)) return false;
  if (isQuoted) return !isProse(value);
  if (separator.trim() === "") return true;
  if (/^(?:pwd|key|seed|salt)$/i.test(word) && !isAssignment) return looksRandom(value);
  // `DB_PASS=x`, `APP_KEY=x`, `sig=x`: an assignment is not prose.
  if (isAssignment) return /^(?:key|seed|salt)$/i.test(word) ? /[_.-]$/.test(before) && !/^\d{1,6}$/.test(value) : true;
  return looksRandom(value) || (/^pass$/i.test(word) && !isProse(value) && !/^\d{1,6}$/.test(value));
}

/** At least eight characters including a digit, and not a path. */
function looksRandom(value: string): boolean {
  return value.length >= 8 && /\d/.test(value.slice(0, 68)) && !/^[/<>]/.test(value);
}

/** Words with which people and programs say what is wrong. */
const PROSE =
  /^(?:a|an|the|is|are|was|were|has|have|had|be|been|not|no|non|none|must|should|cannot|can't|could|couldn't|can|may|might|will|would|do|does|doesn't|did|didn't|to|of|for|in|on|at|by|with|from|as|and|or|but|if|when|while|than|that|this|it|its|your|you|we|only|too|very|all|any|invalid|valid|error|errors|failed|failure|fail|fails|failing|missing|required|empty|blank|unset|set|expired|denied|incorrect|wrong|bad|rejected|unknown|unexpected|expected|unable|unsupported|permission|permissions|operation|connection|authentication|authorization|found|file|directory|such|exist|exists|eof|timeout|timed|refused|reset|mismatch|mismatched|unauthorized|forbidden|read-only|open|stat|mkdir|lstat|read|write|context|asn1|x509|tls|pem|rpc|http|json|yaml|base64|illegal|malformed|decoding|encoding|parsing|key|length|character|characters|field|value|values|type|string|optional|default|disabled|enabled|rotated|changed|updated|created|deleted|loaded|ok|success|successful|succeeded|accepted|verified|skipped|skipping|using|env|environment|variable|configmap|secret|secrets|namespace|provided|specified|given|defined|undefined|configured|needs|need|got|want|wanted|already|still|no_such_key|nosuchkey|accessdenied|nocredentialproviders:?|enoent:?|eacces:?|redacted|hidden|\[?redacted\]?)[.:,;!]?$/i;

function isProse(word: string): boolean {
  return PROSE.test(word.replace(/^["'(]+|["')]+$/g, ""));
}

/** Several words with one that secrets do not contain. */
function isSentence(quoted: string): boolean {
  const words = quoted.slice(1, -1).split(" ");
  return words.length > 2 && words.some(isProse);
}

function startsRandom(quoted: string): boolean {
  return looksRandom(quoted.slice(1, quoted.indexOf(" ")));
}

/** After `password: `: the words up to a delimiter are the secret, unless one of them shows that it is a sentence. */
function phraseLength(text: string, begin: number, first: string): number {
  const rest = match(/[^\n,;"'(){}[\]<>]{1,300}/y, text, begin);
  const words = rest.split(" ");
  const next = words.findIndex((word, index) => index > 0 && /[=:]/.test(word));
  const phrase = (next === -1 ? words : words.slice(0, next)).filter((word) => word !== "");
  if (isProse(first)) return 0;
  if (phrase.length > 1 && phrase.slice(0, 8).some(isProse)) return looksRandom(first) ? first.length : 0;
  return phrase.length <= 1 || looksRandom(first) || phrase.length > 6 ? first.length : phrase.join(" ").length;
}
