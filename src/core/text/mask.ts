/**
 * Masks secrets in log lines, termination messages and command lines. It detects them by format (a JWT, a private key)
 * or by name (`password=`), and prefers masking too much over too little. All repetitions are bounded, so the time is
 * linear in the length of the text.
 */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of PATTERNS) masked = masked.replace(pattern, replacement);
  return masked;
}

/** The same for consecutive lines, because a private key spans several. A masked key becomes one line. */
export function maskLines(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? lines : maskSecrets(lines.join("\n")).split("\n");
}

const MASK = "[masked]";

/** Names whose values are always secret. */
const STRONG =
  "passw(?:or)?d|passphrase|passwd|secret|private[_.-]?key|api[_.-]?key|access[_.-]?key|account[_.-]?key|" +
  "shared[_.-]?access[_.-]?key|encryption[_.-]?key|signing[_.-]?key|client[_.-]?secret|credentials?|" +
  "connection[_.-]?string|session[_.-]?key|auth[_.-]?token|access[_.-]?token|refresh[_.-]?token|id[_.-]?token|" +
  "bearer[_.-]?token|security[_.-]?token|x-amz-signature|x-amz-credential";

/** Names that also occur in prose ("unexpected token: …"), so the value must look like a secret. */
const WEAK = "token|auth|authorization|apikey|pwd|signature|sig|cookie|dsn";

/** Separators between name and value: `=`, `: `, `" : "`, `=>`, also escaped within a JSON string. */
const SEPARATOR = String.raw`\\?["']?\s{0,4}(?:=>|:=|[:=])\s{0,4}`;

const QUOTED = String.raw`\\"[^"\n]{1,4000}?\\"|"(?:[^"\\\n]|\\.){1,4000}"|'(?:[^'\\\n]|\\.){1,4000}'`;
const BARE = String.raw`[^\s"'\\,;&)}\]<>]{1,4000}`;
/** At least eight characters including a digit, and not a path. */
const LOOKS_RANDOM = String.raw`(?=[^\s,;&]{0,60}\d)[^\s"'\\,;&)}\]<>/][^\s"'\\,;&)}\]<>]{7,4000}`;
const NOT_EMPTY = String.raw`(?!\[masked\]|(?:null|nil|<nil>|none|undefined|true|false|\*+)\b|["']{2})`;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // PEM keys, including truncated ones.
  [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?/g, MASK],
  [/^(?:[A-Za-z0-9+/=]{16,80}\s{0,4}\n){1,200}-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/gm, MASK],
  // JSON Web Tokens, which service account tokens are.
  [/\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{4,8000}(?:\.[A-Za-z0-9_-]{0,2000})?/g, MASK],
  // Tokens with a known prefix: OpenShift, GitHub, GitLab, Slack, AWS, Google, Stripe, npm, Vault, OpenAI, SendGrid…
  [/\bsha256~[A-Za-z0-9_-]{20,200}/g, MASK],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|gl(?:pat|dt|rt|cbt|ptt|ft)-[A-Za-z0-9_-]{16,255})/g,
    MASK,
  ],
  [/\bxox[abeoprs]-[A-Za-z0-9-]{10,255}|\bxapp-[A-Za-z0-9-]{10,255}/g, MASK],
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,500}/g, MASK],
  [
    /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}|\bsk-[A-Za-z0-9_-]{20,255}|\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}/g,
    MASK,
  ],
  [
    /\bnpm_[A-Za-z0-9]{30,60}|\bhv[sbr]\.[A-Za-z0-9_-]{20,300}|\bdop_v1_[a-f0-9]{32,80}|\bpypi-[A-Za-z0-9_-]{32,300}/g,
    MASK,
  ],
  [/\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b/g, MASK],
  // Webhook URLs contain their credentials.
  [/(https:\/\/hooks\.slack\.com\/(?:services|workflows|triggers)\/)[^\s"'<>]{1,300}/g, `$1${MASK}`],
  [
    /(https:\/\/[a-z0-9.-]{1,100}\.(?:webhook\.office\.com|logic\.azure\.com)[^\s"'<>/]{0,10}\/)[^\s"'<>]{1,800}/g,
    `$1${MASK}`,
  ],
  [/(https:\/\/(?:canary\.|ptb\.)?discord(?:app)?\.com\/api\/webhooks\/)[^\s"'<>]{1,300}/g, `$1${MASK}`],
  // user:password@ and token@ in URLs and connection strings.
  [/\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@"'<>]{0,200}:)[^\s/"'<>]{1,500}@/gi, `$1${MASK}@`],
  [/\b([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s:/@"'<>]{20,500}@/gi, `$1${MASK}@`],
  // Headers.
  [
    /\b(bearer|basic|negotiate|digest)(\s{1,4})(?=[A-Za-z0-9._~+/=-]{0,60}[\d=._])[A-Za-z0-9._~+/=-]{8,8000}/gi,
    `$1$2${MASK}`,
  ],
  [/\b((?:set-)?cookie\s{0,4}:\s{0,4})[^\n"']{1,4000}/gi, `$1${MASK}`],
  // Names and their values, in whatever notation.
  [
    new RegExp(`((?:${STRONG})(?:[_.-]?[A-Za-z0-9]{1,20}){0,2}${SEPARATOR})${NOT_EMPTY}(?:${QUOTED}|${BARE})`, "gi"),
    `$1${MASK}`,
  ],
  [new RegExp(`((?<![A-Za-z])(?:${WEAK})${SEPARATOR})${NOT_EMPTY}(?:${QUOTED})`, "gi"), `$1${MASK}`],
  [new RegExp(`((?<![A-Za-z])(?:${WEAK})${SEPARATOR})${NOT_EMPTY}(?:${LOOKS_RANDOM})`, "gi"), `$1${MASK}`],
  [new RegExp(`((?<![A-Za-z])(?:${WEAK})=)${NOT_EMPTY}(?!/)(?:${BARE})`, "gi"), `$1${MASK}`],
  [new RegExp(`(--?(?:[a-z]{1,20}-){0,3}(?:${STRONG}|token)\\s{1,4})(?!-)(?:${QUOTED}|${BARE})`, "gi"), `$1${MASK}`],
  [new RegExp(`(<([a-z0-9:_.-]{0,40}(?:${STRONG}))>)[^<\\n]{1,4000}(?=</)`, "gi"), `$1${MASK}`],
];
