/**
 * A request that got no (complete) answer: nothing is known of what the server thinks. `code` is Node's or OpenSSL's
 * own where there is one (ECONNREFUSED, CERT_HAS_EXPIRED…), or one of those named here.
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
  /** Whoever asked is no longer interested. */
  | "ABORTED"
  /** The body stopped before its end. */
  | "TRUNCATED"
  /** The connection was lost or reset. */
  | "RESET"
  /** A deadline for connecting or for the head of the answer went by. */
  | "TIMEOUT"
  /** The peer did not answer an HTTP/2 PING. */
  | "PING_TIMEOUT"
  /** The answer breaks HTTP, or came compressed though that was not asked for. */
  | "PROTOCOL"
  /** Our own credentials cannot be read. */
  | "CREDENTIALS";

/** The code that Node, OpenSSL or we ourselves gave an error; undefined when there is none. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Says why no connection came about, to the person who can mend it. */
export function connectError(error: unknown, server: string, access: string): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error) ?? "RESET";
  const explain = EXPLANATIONS[code];
  // What Node throws after it has tried several addresses has a code, but no message.
  const said = error instanceof Error && error.message !== "" ? error.message : code;
  return new TransportError(
    code,
    `cannot connect to the API server ${server} (${access}): ${explain === undefined ? said : `${explain} (${said})`}`,
    error,
  );
}

const UNTRUSTED =
  "its certificate is signed by nobody we trust: give the cluster's CA certificate (in a pod it is mounted beside the token)";

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name could not be looked up, DNS does not answer",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ETIMEDOUT: "nobody answered in time",
  ECONNRESET: "the connection was reset; is a plain HTTP port addressed as https, or a firewall in between?",
  EPROTO: "what answers does not speak TLS; is a plain HTTP port addressed as https?",
  ERR_SSL_WRONG_VERSION_NUMBER: "what answers does not speak TLS; is a plain HTTP port addressed as https?",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "what answers does not speak TLS; is a plain HTTP port addressed as https?",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: "its certificate bears our CA's name but not its signature: the CA certificate is an old one",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is the clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};
