import type { Transition } from "../../core/model/alert.ts";
import type { Instant } from "../../core/model/time.ts";
import { escapeMarkup } from "../base/html.ts";
import { rfc3339 } from "../base/time-text.ts";

/** The newest alerts as an Atom feed (RFC 4287); ids stay the same wherever the program runs. */
export function feed(transitions: readonly Transition[], now: Instant, publicUrl: string | undefined): string {
  const base = publicUrl === undefined ? "" : `${publicUrl}/`;
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>Pod Watcher alerts</title>
<id>urn:pod-watcher:feed</id>
<link rel="self" href="${escapeMarkup(`${base}feed.atom`)}"/>
<link rel="alternate" type="text/html" href="${escapeMarkup(base === "" ? "." : base)}"/>
<updated>${rfc3339(transitions[0]?.at ?? now)}</updated>
<author><name>Pod Watcher</name></author>
${transitions.map((transition) => entry(transition, base)).join("")}</feed>
`;
}

function entry({ at, fingerprint, episode, labels, to, reason }: Transition, base: string): string {
  const { alertname, namespace, workload, pod, container } = labels;
  const what = [namespace, pod ?? workload, container].filter((part) => part !== undefined).join("/");
  const title = `${to === "firing" ? "Firing" : "Resolved"}: ${alertname} ${what}`;
  const open = `${base === "" ? "." : base}?open=${encodeURIComponent(what)}`;
  return `<entry>
<title>${escapeMarkup(title)}</title>
<id>urn:pod-watcher:${escapeMarkup(fingerprint)}:${episode}:${to}:${at}</id>
<link href="${escapeMarkup(open)}"/>
<updated>${rfc3339(at)}</updated>
<category term="${escapeMarkup(alertname)}"/>
<content type="text">${escapeMarkup(reason)}</content>
</entry>
`;
}
