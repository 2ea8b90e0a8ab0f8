import { findHint, type Hint, type Pattern } from "./hints.ts";
import { plainText } from "./plain.ts";

/**
 * Why an image could not be pulled, from the error message of the container runtime (containerd, CRI-O). Only what the
 * registry or the network answered counts, not the names in the message: an image may be called `x509-exporter`.
 */
export function imageHint(message: string, image?: string): Hint | undefined {
  const text = plainText(message).slice(0, 4_096);
  const error = withoutNames(image === undefined ? text : text.replaceAll(image, ""));
  const hint = (INTERNAL_REGISTRY.test(text) ? findHint(INTERNAL, error) : undefined) ?? findHint(IMAGE, error);
  const stream = SHORT_NAME.exec(image ?? "")?.[1];
  if (hint === undefined || stream === undefined || !RESOLVES_SHORT_NAME.test(text)) return hint;
  return {
    ...hint,
    remedy: `${hint.remedy} If it is an image stream of OpenShift, run oc set image-lookup ${stream}.`,
  };
}

/** `web` or `web:1`: the tag of an image stream, or an image of Docker Hub. */
const SHORT_NAME = /^([a-z0-9][\w.-]{0,252})(?::[\w.-]{1,128})?$/;
/** Only an image stream with the lookup policy `local` is found by its short name. */
const RESOLVES_SHORT_NAME = /\bdocker\.io\/library\/|\bshort[- ]name\b/i;

const INTERNAL_REGISTRY = /\bimage-registry\.openshift-image-registry\b/;

/** Without quoted text, URLs, image references and the names of hosts. */
function withoutNames(text: string): string {
  return text
    .replace(/\\?"[^"]{0,1000}"/g, '""')
    .replace(/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"]{1,1000}/gi, (url) => (/:$/.test(url) ? ":" : ""))
    .replace(
      /\b(?!i\/o\b)[\w.-]{1,253}(?::\d{1,5})?(?:\/[\w.-]{1,253}){1,12}(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{1,64})?/gi,
      "",
    )
    .replace(/\b(lookup|dial tcp:? ?(?:lookup)?|dial|proxyconnect tcp) [\w.-]{1,253}(?=[: ])/gi, "$1 ");
}

const DENIED =
  /\bunauthorized\b|\bauthentication required\b|\baccess denied\b|\bno basic auth\b|\brequested access .{0,100}\bdenied\b|\bdenied:|\bforbidden\b|\b40[13] /i;
const UNKNOWN =
  /\bmanifest unknown\b|\bname unknown\b|\brepository .{0,100}not found\b|\bnot found\b|\bNotFound\b|\b404 /i;

/** OpenShift's own registry: an image stream, and a role to pull from it. */
const INTERNAL: readonly Pattern[] = [
  {
    pattern: DENIED,
    explanation: "its service account may not pull from the internal registry",
    remedy:
      "Grant access: oc policy add-role-to-user system:image-puller system:serviceaccount:NAMESPACE:ACCOUNT -n PROJECT_OF_THE_IMAGE.",
  },
  {
    pattern: UNKNOWN,
    explanation: "the image stream does not have this tag",
    remedy: "Compare with oc get imagestreams, and check that the build for this tag succeeded.",
  },
  {
    pattern:
      /\bno such host\b|\bconnection (?:refused|reset)\b|\bno route to host\b|\bi\/o timeout\b|\bdeadline ?exceeded\b|\b50[0-4] (?:internal|bad|service|gateway)/i,
    explanation: "the internal registry does not answer",
    remedy: "Ask a cluster administrator to check it: oc get co image-registry.",
  },
];

/** The first match counts: what is more certain comes first. */
const IMAGE: readonly Pattern[] = [
  // Go, crypto/x509: CertificateInvalidError (Expired covers both ends), HostnameError, UnknownAuthorityError.
  {
    pattern: /\bx509: .{0,200}\bis before \d|\bcertificate is not yet valid\b/i,
    explanation: "the registry's certificate is not valid yet",
    remedy: "Check the clock of the node, and the start date of the certificate.",
  },
  {
    pattern: /\bcertificate has expired\b/i,
    explanation: "the registry's certificate has expired",
    remedy: "Renew the certificate of the registry.",
  },
  {
    pattern: /\bcertificate is (?:not )?valid for\b|\bcannot validate certificate for\b|\blegacy Common Name\b/i,
    explanation: "the registry's certificate is for another host name",
    remedy: "Use a host name from the certificate, or issue a certificate for this name.",
  },
  {
    pattern: /\bunknown authority\b|\bself[- ]signed certificate\b/i,
    explanation: "the registry's certificate is not trusted",
    remedy:
      "Add the certificate authority of the registry to the trusted CAs of the nodes (OpenShift: additionalTrustedCA).",
  },
  {
    pattern: /\bx509: |\btls: (?:bad|failed|unknown|handshake)|\bremote error: tls\b/i,
    explanation: "the TLS connection to the registry fails",
    remedy: "Check the registry's certificate and TLS settings.",
  },
  {
    pattern: /server gave HTTP response to HTTPS client/i,
    explanation: "the registry answers without TLS",
    remedy: "Set up TLS at the registry, or configure it as an insecure registry on the nodes.",
  },
  {
    pattern: /\bpull QPS exceeded\b/i,
    explanation: "the node's limit for image pulls is exceeded",
    remedy: "Wait for the next attempt. If this lasts, raise registryPullQPS of the kubelet.",
  },
  {
    pattern: /\btoomanyrequests\b|\brate limit\b|\b429 |\btoo many requests\b/i,
    explanation: "the rate limit of the registry is exceeded",
    remedy: "Use a pull secret with a higher limit, or pull from a mirror.",
  },
  {
    pattern: /\b(?:token|credentials?|session|login) (?:has |have |is )?expired\b|\bexpired token\b/i,
    explanation: "the registry's login in the pull secret has expired",
    remedy: "Renew the pull secret.",
  },
  {
    pattern:
      /\bmedia ?type\b.{0,200}\b(?:no longer supported|not supported)\b|\bun(?:supported|expected) (?:manifest )?media ?type\b|\bunsupported (?:manifest )?(?:schema|format)\b|\bschema ?1\b/i,
    explanation: "the runtime does not support the format of the image",
    remedy: "Push the image again with a current tool, and check that the name is that of an image.",
  },
  {
    pattern:
      /\bno match for platform\b|\bno matching manifest\b|\bno image found in .{0,60}for architecture\b|\bexec format error\b/i,
    explanation: "the image is not available for the CPU architecture of the node",
    remedy: "Build the image for this architecture, or schedule the pod on other nodes.",
  },
  // OpenShift writes the allowed and blocked registries of image.config.openshift.io/cluster to the policy of the nodes.
  {
    pattern: /\brejected by policy\b/i,
    explanation: "the policy of the node does not allow this registry",
    remedy:
      "Use an allowed registry, or ask a cluster administrator to allow it (OpenShift: registrySources in image.config.openshift.io/cluster).",
  },
  {
    pattern:
      /\bsignature was required\b|\bSource image rejected\b|\binvalid signature\b|\bsignature validation failed\b/i,
    explanation: "the image's signature does not meet the policy of the node",
    remedy: "Sign the image with a key that the policy trusts.",
  },
  {
    pattern: /\bno space left on device\b|\bdisk quota exceeded\b/i,
    explanation: "the node's disk is full",
    remedy: "Check the disk usage of the node by images and logs, and whether pods were evicted from it.",
  },
  {
    pattern:
      /\bshort[- ]name mode\b|\bshort[- ]name (?:""|\S{1,253}) did not resolve\b|\bunqualified-search registries\b/i,
    explanation: "the image name does not contain a registry",
    remedy: "Use the full image name, including the registry.",
  },
  {
    pattern: /\bmust be lowercase\b/i,
    explanation: "the repository name contains capital letters",
    remedy: "Write the repository name in lowercase.",
  },
  {
    pattern: /\binvalid reference format\b/i,
    explanation: "its name is not valid",
    remedy: "Write the name as REGISTRY/REPOSITORY:TAG, without https:// and without empty parts.",
  },
  {
    pattern: /\bproxyconnect\b|\bproxy authentication required\b/i,
    explanation: "the node cannot pull through its proxy",
    remedy: "Check the proxy settings of the node and the proxy itself.",
  },
  {
    pattern: /\bno such host\b|\bserver misbehaving\b|\bname resolution\b/i,
    explanation: "the registry cannot be reached: name not resolved",
    remedy: "Check the name of the registry, and the DNS of the node.",
  },
  {
    pattern: /\bconnection refused\b/i,
    explanation: "the registry cannot be reached: connection refused",
    remedy: "Check that the registry is running, and its port.",
  },
  {
    pattern: /\bno route to host\b|\bnetwork is unreachable\b/i,
    explanation: "the registry cannot be reached: no route",
    remedy: "Check the routes and firewalls between the nodes and the registry.",
  },
  {
    pattern:
      /\bi\/o timeout\b|\bhandshake timeout\b|\bdeadline ?exceeded\b|\btimeout (?:exceeded|awaiting)\b|\bdial tcp\b|\bconnection reset\b|\bunexpected EOF\b/i,
    explanation: "the registry cannot be reached in time",
    remedy: "Check that the nodes can reach the registry, and how fast it answers.",
  },
  {
    pattern:
      /\b50[0-4] (?:internal|bad|service|gateway)|\b(?:internal server error|bad gateway|service unavailable)\b/i,
    explanation: "the registry fails to answer",
    remedy: "Check the status of the registry. Kubernetes tries again by itself.",
  },
  {
    pattern: /\bmay require authorization\b|\binsufficient_scope\b/i,
    explanation: "the registry denies access, or the repository does not exist",
    remedy: "Check that the image name is correct and that the service account has a valid pull secret.",
  },
  {
    pattern: DENIED,
    explanation: "the registry denies access",
    remedy:
      "Check that the service account has a pull secret for this registry that is valid and may read the repository.",
  },
  {
    pattern: new RegExp(`${UNKNOWN.source}|\\bdoes not exist\\b`, "i"),
    explanation: "the image or tag does not exist",
    remedy: "Compare the name and tag with the contents of the registry.",
  },
];
