const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** A host as browsers name it in Host and Origin. */
export function isLoopbackName(host: string): boolean {
  return LOOPBACK.has(hostName(host));
}

/** Without the port, and without the dot that a fully qualified name may end with. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}
