/**
 * The admission of OpenShift by security context constraints (SCC), for accounts that may use restricted-v2 only. It
 * refuses pods with a user outside the range of their project, with the message of openshift/apiserver-library-go.
 */
import type { PodTemplate } from "../model/pod-template.ts";

/** The other constraints of a new cluster. */
const OTHER_SCCS = [
  "restricted",
  "nonroot-v2",
  "nonroot",
  "hostmount-anyuid",
  "machine-api-termination-handler",
  "hostnetwork-v2",
  "hostnetwork",
  "hostaccess",
  "node-exporter",
  "privileged",
];

/** Annotation `openshift.io/sa.scc.uid-range` of the project: the first user and the last one. */
const RANGE = { first: 1_000_750_000, last: 1_000_759_999 };

/** Why the pod is refused; undefined when it is not. `name` is its name, or its generateName. */
export function refuseBySecurityContext(name: string, { containers = [] }: PodTemplate): string | undefined {
  const reasons = containers.flatMap(({ runAsUser }, index) => {
    if (runAsUser === undefined || (runAsUser >= RANGE.first && runAsUser <= RANGE.last)) return [];
    const range = `[${RANGE.first}, ${RANGE.last}]`;
    return `provider restricted-v2: .containers[${index}].runAsUser: Invalid value: ${runAsUser}: must be in the ranges: ${range}`;
  });
  if (reasons.length === 0) return undefined;
  const notUsable = (scc: string) => `provider "${scc}": Forbidden: not usable by user or serviceaccount`;
  const all = [notUsable("anyuid"), ...reasons, ...OTHER_SCCS.map(notUsable)];
  return `pods "${name}" is forbidden: unable to validate against any security context constraint: [${all.join(", ")}]`;
}
