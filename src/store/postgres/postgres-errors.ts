import { STATE_UNAVAILABLE } from "../../ports/store.ts";

/** `host:port/database` of a connection string: what may be shown of it. */
export function placeOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new Error(
      "The database URL cannot be read as one: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters in the password percent-encoded.",
    );
  }
  const host = parsed.hostname || parsed.searchParams.get("host") || "localhost";
  return `${host}:${parsed.port || "5432"}${parsed.pathname}`;
}

/** What PostgreSQL or the way to it complains of, for the operator. By SQLSTATE (PostgreSQL appendix A) or errno. */
export function explainPostgres(error: unknown, place: string): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const remedy = REMEDIES[code] ?? REMEDIES[code.slice(0, 2)];
  if (remedy === undefined) return cause;
  const message = `The database ${place} ${remedy} (${code})`;
  return Object.assign(new Error(message, { cause }), { code: STATE_UNAVAILABLE });
}

const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refuses connections: is it running there, and does a network policy let this pod through?",
  ENOTFOUND: "cannot be found: the host name does not resolve. Correct database.url.",
  EAI_AGAIN: "cannot be found: name resolution fails at present. It is tried again.",
  ETIMEDOUT: "does not answer: check the address, firewalls and network policies.",
  ECONNRESET: "broke the connection. It is tried again.",
  EPIPE: "broke the connection. It is tried again.",
  "28": "refuses the user or the password. Correct database.url.",
  "3D": "does not exist. Make it with `createdb`, or correct database.url.",
  "42501": "does not let this user do that. Grant it CREATE on the database, or make the schema for it.",
  "53": "is short of something: disk space, memory or connections. See its log; what could not be written is tried again.",
  "57": "is shutting down or starting. It is tried again.",
  "08": "broke the connection. It is tried again.",
  "25006": "is read-only: is this a standby? database.url must name the primary.",
};
