import { readFile } from "node:fs/promises";
import { hostname } from "node:os";

/** The cluster-internal names of this pod and its Services; undefined outside a cluster. */
export async function selfHostnames(namespace: string | undefined) {
  const resolver = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  return {
    namespace,
    podName: hostname(),
    serviceDomain: namespace === undefined ? undefined : serviceDomainIn(resolver, namespace),
  };
}

/** Only the search domains of the pod's resolver contain the cluster's domain. */
export function serviceDomainIn(resolver: string, namespace: string): string | undefined {
  return resolver
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([keyword]) => keyword === "search")
    .flatMap(([, ...domains]) => domains.map((domain) => domain.toLowerCase().replace(/\.$/, "")))
    .find((domain) => domain.startsWith(`${namespace}.svc.`));
}
