import { readFile } from "node:fs/promises";
import { hostname } from "node:os";

/** What the cluster calls this pod and its Services; each undefined outside of one. */
export async function selfHostnames(namespace: string | undefined) {
  const resolver = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  return {
    namespace,
    podName: hostname(),
    serviceDomain: namespace === undefined ? undefined : serviceDomainIn(resolver, namespace),
  };
}

/** The cluster's domain is told nowhere but in the names that a pod's resolver tries. */
export function serviceDomainIn(resolver: string, namespace: string): string | undefined {
  return resolver
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([keyword]) => keyword === "search")
    .flatMap(([, ...domains]) => domains.map((domain) => domain.toLowerCase().replace(/\.$/, "")))
    .find((domain) => domain.startsWith(`${namespace}.svc.`));
}
