import type { SilenceScope } from "../core/notify/silence.ts";

/** NAMESPACE, NAMESPACE/POD, NAMESPACE/POD/CONTAINER or NAMESPACE/KIND/NAME. */
export type Target = Exclude<SilenceScope, { kind: "everything" } | { kind: "matchers" }>;

/** Kinds begin with a capital letter; names of pods do not (RFC 1123). Throws an error with a message for the user. */
export function parseTarget(text: string): Target {
  const [namespace = "", second, third, ...more] = text.split("/");
  const parts = [namespace, second, third].filter((part) => part !== undefined);
  if (more.length > 0 || parts.includes("")) {
    throw new Error(
      `${text} is not NAMESPACE, NAMESPACE/POD, NAMESPACE/POD/CONTAINER or NAMESPACE/KIND/NAME such as shop/Deployment/checkout`,
    );
  }
  if (second === undefined) return { kind: "namespace", namespace };
  if (/^[A-Z]/.test(second)) {
    if (third === undefined) throw new Error(`${text} has no name of the ${second}: use ${namespace}/${second}/NAME`);
    return { kind: "workload", namespace, workload: `${second}/${third}` };
  }
  if (third === undefined) return { kind: "pod", namespace, pod: second };
  return { kind: "container", namespace, pod: second, container: third };
}
