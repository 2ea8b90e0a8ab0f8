/** The usual meaning of an error message, and a remedy. */
export interface Hint {
  /** Part of a sentence. */
  readonly explanation: string;
  /** One or more complete sentences. */
  readonly remedy: string;
}

interface Pattern extends Hint {
  readonly pattern: RegExp;
}

/** Why an image could not be pulled, from the error message of the container runtime (containerd, CRI-O). */
export function imageHint(message: string): Hint | undefined {
  return find(IMAGE, message);
}

/** Why a program crashed, from its termination message or the end of its log. */
export function crashHint(text: string): Hint | undefined {
  return find(CRASH, text);
}

function find(patterns: readonly Pattern[], text: string): Hint | undefined {
  return patterns.find(({ pattern }) => pattern.test(text));
}

/** The first match counts, so the patterns for the internal registry precede the general ones. */
const IMAGE: readonly Pattern[] = [
  {
    pattern: /image-registry\.openshift-image-registry.*(unauthorized|authentication required|denied|forbidden)/is,
    explanation: "its service account may not pull from the internal registry",
    remedy:
      "Grant access: oc policy add-role-to-user system:image-puller system:serviceaccount:NAMESPACE:ACCOUNT -n PROJECT_OF_THE_IMAGE.",
  },
  {
    pattern: /image-registry\.openshift-image-registry.*(manifest unknown|name unknown|not found)/is,
    explanation: "the image stream does not have this tag",
    remedy: "Compare with oc get imagestreams, and check that the build for this tag succeeded.",
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    explanation: "the rate limit of the registry is exceeded",
    remedy: "Use a pull secret with a higher limit, or pull from a mirror.",
  },
  {
    pattern:
      /unauthorized|authentication required|access denied|no basic auth|requested access .* denied|403 forbidden/i,
    explanation: "the registry denies access, or the repository does not exist",
    remedy: "Check that the image name is correct and that the service account has a valid pull secret.",
  },
  {
    pattern: /x509|certificate/i,
    explanation: "the registry's certificate is not trusted",
    remedy:
      "Add the certificate authority of the registry to the trusted CAs of the nodes (OpenShift: additionalTrustedCA).",
  },
  {
    pattern:
      /no such host|dial tcp|connection refused|i\/o timeout|handshake timeout|deadline exceeded|network is unreachable/i,
    explanation: "the registry cannot be reached",
    remedy: "Check that the registry name is correct and that the nodes can reach it.",
  },
  {
    pattern: /no match for platform|no matching manifest|exec format/i,
    explanation: "the image is not available for the CPU architecture of the node",
    remedy: "Build the image for this architecture, or schedule the pod on other nodes.",
  },
  {
    pattern: /no space left/i,
    explanation: "the node's disk is full",
    remedy: "Check the disk usage of the node by images and logs, and whether pods were evicted from it.",
  },
  {
    pattern: /short[- ]?name/i,
    explanation: "the image name does not contain a registry",
    remedy: "Use the full image name, including the registry.",
  },
  {
    pattern: /manifest unknown|name unknown|not found|does not exist/i,
    explanation: "the image or tag does not exist",
    remedy: "Compare the name and tag with the contents of the registry.",
  },
];

const CRASH: readonly Pattern[] = [
  {
    pattern: /permission denied|EACCES|operation not permitted|EPERM/i,
    explanation: "it lacks permission for a file or operation",
    remedy:
      "OpenShift runs containers with an arbitrary user ID in group 0. Make the files that the container writes or executes writable or executable for group 0.",
  },
  {
    pattern: /read-only file system|EROFS/i,
    explanation: "it writes to a read-only file system",
    remedy: "Mount an emptyDir or another volume at the path that it writes to.",
  },
  {
    pattern: /no space left on device|ENOSPC/i,
    explanation: "a disk is full",
    remedy: "Check its volumes and the ephemeral storage of the node.",
  },
  {
    pattern: /OutOfMemoryError|heap out of memory|Cannot allocate memory|MemoryError/i,
    explanation: "its runtime ran out of memory",
    remedy: "Adjust the heap size of the runtime and the memory limit of the container to each other.",
  },
  {
    pattern: /address already in use|EADDRINUSE/i,
    explanation: "its port is already in use",
    remedy: "Check whether another container of the pod listens on the same port.",
  },
  {
    pattern: /connection refused|ECONNREFUSED|no such host|ENOTFOUND|name resolution|cannot reach|no route to host/i,
    explanation: "it cannot reach a dependency",
    remedy: "Check that the dependency is running and that no network policy blocks the connection.",
  },
  {
    pattern: /exec format error/i,
    explanation: "it was built for another CPU architecture",
    remedy: "Build the image for the CPU architecture of the nodes.",
  },
];
