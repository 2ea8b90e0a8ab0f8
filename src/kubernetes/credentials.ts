import type { Instant } from "../core/time.ts";

/** Where the API server is, and how to speak to it as ourselves. */
export interface ClusterAccess {
  /** Scheme, host and port, with the path prefix of a proxy where there is one. */
  readonly server: URL;
  /** The certificates to trust, PEM; undefined for those that the system trusts. Read again as the file changes. */
  ca(): Promise<string | undefined>;
  /** PEM. */
  clientCertificate(): Promise<{ readonly cert: string; readonly key: string } | undefined>;
  readonly insecureSkipTlsVerify: boolean;
  /** The name that the server's certificate must carry, when it is not the host's. */
  readonly tlsServerName?: string;
  /** An HTTP proxy between us and the API server, as the kubeconfig's `proxy-url` names it. */
  readonly proxy?: URL;
  /** The value of the Authorization header; undefined when a client certificate speaks for us. */
  authorization(): Promise<string | undefined>;
  /** A request sent at `since` was answered 401: what was read before it is not used again. */
  invalidate(since: Instant): void;
  /** The namespace that the credentials belong to (the pod's own, or the kubeconfig context's). */
  readonly namespace: string | undefined;
  /** Where all this comes from, for error messages; never a secret. */
  readonly description: string;
}
