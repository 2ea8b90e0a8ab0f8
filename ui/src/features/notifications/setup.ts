/** The kinds of receivers that the page sets up, with the fields that they need. */
export interface ReceiverKind {
  readonly type: string;
  readonly title: string;
  /** The part that no one may read: it is stored in a Secret and never entered into the page. */
  readonly secret?: { readonly key: string; readonly what: string };
  readonly fields: readonly { readonly key: string; readonly label: string; readonly example: string }[];
}

const ADDRESS = { key: "url", what: "the address of the webhook" };

export const RECEIVER_KINDS: readonly ReceiverKind[] = [
  { type: "slack", title: "Slack", secret: ADDRESS, fields: [] },
  { type: "teams", title: "Teams", secret: ADDRESS, fields: [] },
  { type: "pagerduty", title: "PagerDuty", secret: { key: "routing_key", what: "the routing key" }, fields: [] },
  {
    type: "email",
    title: "E-mail",
    secret: { key: "password", what: "the password of the SMTP server" },
    fields: [
      { key: "host", label: "SMTP server", example: "smtp.example.com" },
      { key: "username", label: "User name", example: "pods" },
      { key: "from", label: "Sender", example: "pods@example.com" },
      { key: "to", label: "Recipient", example: "team@example.com" },
    ],
  },
  {
    type: "alertmanager",
    title: "Alertmanager",
    secret: { key: "token", what: "the bearer token" },
    fields: [{ key: "url", label: "Address", example: "https://alertmanager.example.com" }],
  },
  { type: "webhook", title: "Webhook", secret: ADDRESS, fields: [] },
  { type: "kubernetes_events", title: "Kubernetes Events", fields: [] },
  {
    type: "otlp",
    title: "OpenTelemetry",
    secret: { key: "headers", what: "the headers, such as Authorization=Bearer%20TOKEN" },
    fields: [{ key: "url", label: "Address", example: "https://collector.example.com:4318" }],
  },
];

export interface Setup {
  readonly kind: ReceiverKind;
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Matchers as in the configuration; none for all alerts. */
  readonly matchers: readonly string[];
  /** The receiver that gets alerts now. Without one, the new receiver gets all: the root route needs a receiver. */
  readonly existing: string | undefined;
  readonly isHelm: boolean;
  readonly cli: "oc" | "kubectl";
}

/** The rule of the configuration. */
export function nameProblem(name: string): string | undefined {
  return /^[\w.-]{1,63}$/.test(name) ? undefined : "At most 63 letters, digits, '.', '_' and '-', such as team-shop";
}

/** `pod-watcher-team-shop`: names of objects have lower-case letters, digits and hyphens. */
function secretName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return `pod-watcher-${plain || "receiver"}`;
}

/** `TEAM_SHOP_URL` */
function variable({ name, kind }: Setup): string {
  return `${name}_${kind.secret?.key}`
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^(\d)/, "R_$1");
}

/**
 * Stores the secret. It is read from the terminal: it is neither in the history of the shell nor an argument. All lines are
 * one list of commands: otherwise `read` would take the next line when they are pasted together.
 */
export function secretCommand(setup: Setup): string {
  const { kind, name, isHelm, cli } = setup;
  if (kind.secret === undefined) return "";
  const secret = secretName(name);
  return [
    "read -rs VALUE",
    `printf %s "$VALUE" | ${cli} create secret generic ${secret} --from-file=${variable(setup)}=/dev/stdin`,
    ...(isHelm ? [] : [`${cli} set env deployment/pod-watcher --from=secret/${secret}`]),
  ].join(" &&\n");
}

/** A string of YAML in double quotes is a string of JSON. */
const quoted = (text: string) => JSON.stringify(text);

function receiverLines(setup: Setup): string[] {
  const { kind, name, fields } = setup;
  return [
    "receivers:",
    `  - name: ${quoted(name)}`,
    `    type: ${kind.type}`,
    ...kind.fields.map(({ key, example }) => {
      const value = quoted(fields[key] || example);
      return `    ${key}: ${key === "to" ? `[${value}]` : value}`;
    }),
    ...(kind.secret === undefined ? [] : [`    ${kind.secret.key}_env: ${variable(setup)}`]),
  ];
}

/** The last route keeps the existing receiver: alerts that match a route are not sent to the root's. */
function routeLines({ name, matchers, existing }: Setup): string[] {
  if (existing === undefined) return ["route:", `  receiver: ${quoted(name)}`];
  return [
    "route:",
    `  receiver: ${quoted(existing)}`,
    "  routes:",
    `    - receiver: ${quoted(name)}`,
    ...(matchers.length === 0 ? [] : [`      matchers: [${matchers.map(quoted).join(", ")}]`]),
    "      continue: true",
    `    - receiver: ${quoted(existing)}`,
  ];
}

/** The part of the configuration file; for Helm, of the values. */
export function configurationYaml(setup: Setup): string {
  const { kind, name, isHelm } = setup;
  const lines = [...receiverLines(setup), ...routeLines(setup)];
  if (!isHelm) return lines.join("\n");
  const values = ["config:", ...lines.map((line) => `  ${line}`)];
  if (kind.secret === undefined) return values.join("\n");
  const key = variable(setup);
  return [
    ...values,
    "env:",
    `  - name: ${key}`,
    `    valueFrom: { secretKeyRef: { name: ${secretName(name)}, key: ${key} } }`,
  ].join("\n");
}
