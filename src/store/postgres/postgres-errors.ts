import { STATE_UNAVAILABLE } from "../../ports/store.ts";

/** The part of a connection string that may be shown: `host:port/database`. */
export function databaseOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new Error(
      "The database URL is invalid: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters in the password percent-encoded.",
    );
  }
  const host = parsed.hostname || parsed.searchParams.get("host") || "localhost";
  return `${host}:${parsed.port || "5432"}${parsed.pathname}`;
}

/** Explains an error of PostgreSQL or of the network, by SQLSTATE (PostgreSQL appendix A) or errno. */
export function explainPostgres(error: unknown, database: string): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const remedy = REMEDIES[code] ?? REMEDIES[code.slice(0, 2)];
  if (remedy === undefined) return cause;
  const message = `The database ${database} ${remedy} (${code})`;
  return Object.assign(new Error(message, { cause }), { code: STATE_UNAVAILABLE });
}

const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    "refuses connections. Check that it is running, and that network policies allow connections from this pod.",
  ENOTFOUND: "cannot be found: the host name does not resolve. Correct database.url.",
  EAI_AGAIN: "cannot be found: name resolution fails. It will be retried.",
  ETIMEDOUT: "does not answer. Check the address, firewalls and network policies.",
  ECONNRESET: "closed the connection. It will be retried.",
  EPIPE: "closed the connection. It will be retried.",
  "28": "rejects the user or the password. Correct database.url.",
  "3D": "does not exist. Create it with `createdb`, or correct database.url.",
  "42501": "denies this user the permission. Grant it CREATE on the database, or create the schema for it.",
  "53": "lacks resources: disk space, memory or connections. Check its log. Failed writes will be retried.",
  "57": "is shutting down or starting. It will be retried.",
  "08": "closed the connection. It will be retried.",
  "25006": "is read-only, as a standby is. Set database.url to the primary.",
};
