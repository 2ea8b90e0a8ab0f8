/** Addresses and commands in messages. Each link only opens a page; the page asks before it changes anything. */
import { alertLink } from "../core/incident/alert-link.ts";
import type { Alert } from "../core/model/alert.ts";

export interface LinkOptions {
  /** Public address of the page; without it, messages have no links to it. */
  readonly publicUrl?: string;
  /** Address of the OpenShift console. */
  readonly consoleUrl?: string;
  readonly cli: "oc" | "kubectl";
}

export interface Links {
  /** The incident on the page. */
  readonly open?: string;
  /** The same, with the dialog to acknowledge or to silence. */
  readonly acknowledge?: string;
  readonly silence?: string;
  /** The pod, or the pods of the namespace, in the OpenShift console. */
  readonly console?: string;
}

export function linksOf(alert: Alert, { publicUrl, consoleUrl }: LinkOptions): Links {
  const { labels, state } = alert;
  const open = alertLink(alert, publicUrl);
  const { namespace, pod } = labels;
  const pods = `${consoleUrl?.replace(/\/$/, "")}/k8s/ns/${encodeURIComponent(namespace)}/pods`;
  return {
    ...(open === undefined ? {} : { open }),
    ...(open === undefined || state.name === "resolved"
      ? {}
      : { acknowledge: `${open}&do=ack`, silence: `${open}&do=silence&for=1h` }),
    ...(consoleUrl === undefined ? {} : { console: pod === undefined ? pods : `${pods}/${encodeURIComponent(pod)}` }),
  };
}

/** A command for further investigation. Kubernetes names have no characters with a meaning in a shell (RFC 1123). */
export function commandFor({ labels, subject, state }: Alert, cli: LinkOptions["cli"]): string {
  const { namespace, pod, container } = labels;
  if (pod === undefined) return `${cli} -n ${namespace} get pods`;
  const previous = subject.container !== undefined && subject.container.restartCount > 0 && state.name === "firing";
  return `${cli} -n ${namespace} logs ${pod}${container === undefined ? "" : ` -c ${container}`}${previous ? " --previous" : ""}`;
}
