/**
 * A request without a complete response. `code` is a code of Node.js or OpenSSL where there is one (ECONNREFUSED,
 * CERT_HAS_EXPIRED…), otherwise one of TransportErrorCode.
 */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode | (string & {});

  constructor(code: TransportErrorCode | (string & {}), message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export type TransportErrorCode =
  /** Cancelled by the caller. */
  | "ABORTED"
  /** The body stopped before its end. */
  | "TRUNCATED"
  /** The connection was lost or reset. */
  | "RESET"
  /** The connection or the head of the response took too long. */
  | "TIMEOUT"
  /** The server sent GOAWAY and then closed the connection, or did not process the request. */
  | "GOAWAY"
  /** The peer did not acknowledge an HTTP/2 PING. */
  | "PING_TIMEOUT"
  /** The response violates HTTP, or is compressed although identity was requested. */
  | "PROTOCOL"
  /** Our own credentials cannot be read. */
  | "CREDENTIALS";

/** A GOAWAY refused the request before the server processed it. It can be sent again on another connection. */
export class UnprocessedError extends TransportError {}

/** The `code` of an error; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** The codes with which OpenSSL and Node.js refuse the certificate of a server. */
export function isCertificateError(code: string | undefined): boolean {
  return code !== undefined && /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|ERROR_IN_CERT_)/.test(code);
}

/** Describes a failed connection, with the likely cause. */
export function connectError(error: unknown, server: string, access: string): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error) ?? "RESET";
  const explain = EXPLANATIONS[code];
  // After several addresses have failed, Node throws an error with a code and without a message.
  const detail = error instanceof Error && error.message !== "" ? error.message : code;
  return new TransportError(
    code,
    `cannot connect to the API server ${server} (${access}): ${explain === undefined ? detail : `${explain} (${detail})`}`,
    error,
  );
}

const UNTRUSTED =
  "its certificate is not signed by a trusted CA. Configure the cluster's CA certificate (in a pod it is mounted next to the token)";

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: nothing listens at this address",
  ENOTFOUND: "the host does not exist",
  EAI_AGAIN: "the host name cannot be resolved because DNS does not respond",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ETIMEDOUT: "the connection timed out",
  ECONNRESET: "the connection was reset. Check whether the port is plain HTTP, and whether a firewall is in between",
  EPROTO: "the server does not speak TLS. Check whether the port is plain HTTP",
  ERR_SSL_WRONG_VERSION_NUMBER: "the server does not speak TLS. Check whether the port is plain HTTP",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the server does not speak TLS. Check whether the port is plain HTTP",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  CERT_SIGNATURE_FAILURE:
    "its certificate has the name of the configured CA but not its signature. Update the CA certificate",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet. Check the clock",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name",
};
