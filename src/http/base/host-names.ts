import { isLoopback } from "../../util/loopback.ts";

/** A host as browsers name it in Host and Origin. */
export function isLoopbackName(host: string): boolean {
  return isLoopback(hostName(host));
}

/** Without the port, and without the dot that a fully qualified name may end with. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}
