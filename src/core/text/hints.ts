/** What a message of Kubernetes or a program usually means, and what to do about it. */
export interface Hint {
  /** As part of a sentence. */
  readonly words: string;
  /** A sentence of its own. */
  readonly remedy: string;
}

interface Pattern extends Hint {
  readonly pattern: RegExp;
}

/** Why an image could not be pulled, from what the container runtime (containerd, CRI-O) says of the registry's answer. */
export function imageHint(message: string): Hint | undefined {
  return find(IMAGE, message);
}

/** Why a program ended, from its termination message or the end of its log. */
export function crashHint(text: string): Hint | undefined {
  return find(CRASH, text);
}

function find(patterns: readonly Pattern[], text: string): Hint | undefined {
  const found = patterns.find(({ pattern }) => pattern.test(text));
  return found === undefined ? undefined : { words: found.words, remedy: found.remedy };
}

/** The first that fits is it: what is said of the internal registry is said of any other too. */
const IMAGE: readonly Pattern[] = [
  {
    pattern: /image-registry\.openshift-image-registry.*(unauthorized|authentication required|denied|forbidden)/is,
    words: "the internal registry does not let its service account pull it",
    remedy:
      "Grant it: oc policy add-role-to-user system:image-puller system:serviceaccount:NAMESPACE:ACCOUNT -n PROJECT_OF_THE_IMAGE.",
  },
  {
    pattern: /image-registry\.openshift-image-registry.*(manifest unknown|name unknown|not found)/is,
    words: "the image stream has no such tag",
    remedy: "Compare with oc get imagestreams, and look whether the build that makes the tag has succeeded.",
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    words: "the registry limits how often images may be pulled",
    remedy: "Pull with an account of your own (a pull secret), or from a resender.",
  },
  {
    pattern:
      /unauthorized|authentication required|access denied|no basic auth|requested access .* denied|403 forbidden/i,
    words: "the registry refuses access, or has no such repository",
    remedy: "Look whether the name is right, and whether its service account has a pull secret that is still valid.",
  },
  {
    pattern: /x509|certificate/i,
    words: "the registry's certificate is not trusted",
    remedy: "Have the nodes trust the registry's certificate authority (OpenShift: additionalTrustedCA).",
  },
  {
    pattern:
      /no such host|dial tcp|connection refused|i\/o timeout|handshake timeout|deadline exceeded|network is unreachable/i,
    words: "the registry cannot be reached",
    remedy: "Look whether the name of the registry is right, and whether the nodes can reach it.",
  },
  {
    pattern: /no match for platform|no matching manifest|exec format/i,
    words: "there is no image for this kind of processor",
    remedy: "Build the image for the nodes' architecture, or choose nodes that fit it.",
  },
  {
    pattern: /no space left/i,
    words: "the node's disk is full",
    remedy: "Look at the node's images and logs, and at other pods that were evicted from it.",
  },
  {
    pattern: /short[- ]?name/i,
    words: "its name does not say which registry it comes from",
    remedy: "Write the image's full name, with the registry.",
  },
  {
    pattern: /manifest unknown|name unknown|not found|does not exist/i,
    words: "there is no such image or tag",
    remedy: "Compare the name and tag with what the registry has.",
  },
];

const CRASH: readonly Pattern[] = [
  {
    pattern: /permission denied|EACCES|operation not permitted|EPERM/i,
    words: "it may not read, write or run something",
    remedy:
      "OpenShift runs containers under an arbitrary user id of group 0: what they write must be writable for group 0, and what they run executable for it.",
  },
  {
    pattern: /read-only file system|EROFS/i,
    words: "it writes to a file system that is read-only",
    remedy: "Give it an emptyDir or another volume where it writes.",
  },
  {
    pattern: /no space left on device|ENOSPC/i,
    words: "a disk is full",
    remedy: "Look at its volumes, and at the ephemeral storage of the node.",
  },
  {
    pattern: /OutOfMemoryError|heap out of memory|Cannot allocate memory|MemoryError/i,
    words: "it ran out of memory that it had set itself",
    remedy: "Fit the heap of its runtime and its memory limit to one another.",
  },
  {
    pattern: /address already in use|EADDRINUSE/i,
    words: "the port it listens on is taken",
    remedy: "Look for another container of the pod that listens on the same port.",
  },
  {
    pattern: /connection refused|ECONNREFUSED|no such host|ENOTFOUND|name resolution|cannot reach|no route to host/i,
    words: "something that it depends on cannot be reached",
    remedy: "Look whether what it connects to runs, and whether a network policy forbids it.",
  },
  {
    pattern: /exec format error/i,
    words: "it was built for another kind of processor",
    remedy: "Build the image for the nodes' architecture.",
  },
];
