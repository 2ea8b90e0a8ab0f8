import { decisiveLines } from "./excerpt.ts";
import { plainText } from "./plain.ts";

/** The usual meaning of an error message, and a remedy. */
export interface Hint {
  /** Part of a sentence. */
  readonly explanation: string;
  /** One or more complete sentences. */
  readonly remedy: string;
}

export interface Pattern extends Hint {
  readonly pattern: RegExp;
  /** A line that contains this as well means something else. */
  readonly unless?: RegExp;
}

/** The first pattern that matches, in the order of the patterns. */
export function findHint(patterns: readonly Pattern[], text: string): Hint | undefined {
  return patterns.find(({ pattern, unless }) => pattern.test(text) && unless?.test(text) !== true);
}

/** Why a program crashed, from its termination message or the end of its log. The line that says most decides. */
export function crashHint(text: string): Hint | undefined {
  for (const line of decisiveLines(text.slice(-8_192))) {
    const hint = findHint(CRASH, line.slice(0, 2_000));
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** Why a container could not be created or started, from the message of the kubelet or the container runtime. */
export function startHint(message: string): Hint | undefined {
  return findHint(START, plainText(message).slice(0, 4_096));
}

/** A path, but not the one of a URL or a request: `/data`, `./start.sh`, `C:\data`. */
const PATH = String.raw`(?:(?:^|[\s'"(\[=:,])(?:\.{1,2}|~)?/[\w.@%+-]|\b[A-Za-z]:\\\w)`;

/** Answers of other programs about what they allow, not about files. */
const NOT_A_FILE =
  /permission denied,? (?:for|to|on|please)\b|publickey|\brpc error\b|PermissionDenied|PERMISSION_DENIED|\b(?:GET|PUT|POST|PATCH|DELETE|HEAD)\b|\b(?:status|code)(?: code)?[:= ]{1,3}40[13]\b|\b(?:listen|bind|connect)\b/;

const CRASH: readonly Pattern[] = [
  {
    pattern:
      /permission denied for (?:schema|table|relation|database|sequence|function|procedure|routine|(?:materialized )?view|language|type|domain|column|tablespace|foreign|large object)\b|\bcommand denied to user\b/i,
    explanation: "its database user lacks a privilege",
    remedy: "Grant the privilege that the message names to the database user.",
  },
  {
    pattern:
      /password authentication failed|access denied for user|authentication failed|WRONGPASS|NOAUTH\b|invalid username or password/i,
    explanation: "a service rejects its credentials",
    remedy: "Compare the credentials that the container uses with those of the service.",
  },
  {
    pattern: /\bis forbidden: User "|\bcannot (?:get|list|watch|create|update|patch|delete) resource\b/,
    explanation: "its service account lacks a permission",
    remedy: "Grant its service account a role with the permission that the message names.",
  },
  {
    pattern:
      /\b(?:listen|bind)\b.{0,80}(?:permission denied|\bEACCES\b)|(?:permission denied|\bEACCES\b).{0,40}\b(?:listen|bind)\b/i,
    explanation: "it may not listen on its port",
    remedy: "Let it listen on a port above 1023.",
  },
  {
    pattern:
      /\b(?:chown|lchown|chmod|setgroups|setuid|setgid)\b.{0,200}(?:operation not permitted|\bEPERM\b)|\bEPERM\b.{0,60}\b(?:chown|chmod)\b/i,
    explanation: "it may not change owners, permissions or users",
    remedy: "Set owners and permissions when the image is built, and those of volumes with fsGroup.",
  },
  {
    pattern: new RegExp(
      String.raw`\bEACCES\b|\[Errno 13\]|\(13: Permission denied\)|\bos error 13\b|${PATH}.{0,300}\bpermission denied\b|\bpermission denied\b.{0,100}?${PATH}|AccessDeniedException: /`,
      "i",
    ),
    unless: NOT_A_FILE,
    explanation: "it lacks permission for a file",
    remedy: "Give the user that the container runs as access to the path (on OpenShift: group 0).",
  },
  {
    pattern: /\bread-only file system\b|\bEROFS\b/i,
    explanation: "it writes to a read-only file system",
    remedy: "Mount an emptyDir or another volume at the path that it writes to.",
  },
  {
    pattern: /file watchers reached|inotify/i,
    explanation: "the node's limit for watched files is reached",
    remedy: "Raise fs.inotify.max_user_watches and max_user_instances on the node, or watch fewer files.",
  },
  {
    pattern: /\bno space left on device\b|\bENOSPC\b|\bdisk quota exceeded\b|\bEDQUOT\b/i,
    explanation: "a disk is full",
    remedy: "Check its volumes and the ephemeral storage of the node.",
  },
  {
    pattern: /\btoo many open files\b|\bEMFILE\b|\bENFILE\b/i,
    explanation: "it has too many files or connections open",
    remedy: "Check whether it closes files and connections, and raise its limit for open files.",
  },
  {
    pattern: /unable to create (?:new )?native thread|can't start new thread|pthread_create failed/i,
    explanation: "it cannot start another thread",
    remedy: "Check how many threads it starts, and the limit of processes per pod (podPidsLimit) on the node.",
  },
  {
    pattern: /\bOutOfMemoryError\b|\bheap out of memory\b|\bcannot allocate memory\b|\bMemoryError\b|\bENOMEM\b/i,
    explanation: "its runtime ran out of memory",
    remedy: "Adjust the heap size of the runtime and the memory limit of the container to each other.",
  },
  {
    pattern: /\baddress already in use\b|\bEADDRINUSE\b/i,
    explanation: "its port is already in use",
    remedy: "Check whether another container of the pod listens on the same port.",
  },
  {
    pattern: /\bx509: certificate has expired\b.{0,120}\bis before\b|\bcertificate is not yet valid\b/i,
    explanation: "the certificate of a server is not valid yet",
    remedy: "Check the clock of the node and the start date of the certificate.",
  },
  {
    pattern: /\bcertificate has expired\b|\bCERT_HAS_EXPIRED\b|\bcertificate expired\b|CertificateExpiredException/i,
    explanation: "the certificate of a server has expired",
    remedy: "Renew the certificate of the server that it connects to.",
  },
  {
    pattern:
      /certificate is (?:valid for|not valid for)|doesn't contain any IP SANs|ERR_TLS_CERT_ALTNAME_INVALID|hostname mismatch/i,
    explanation: "the certificate of a server is for another host name",
    remedy: "Use a host name from the certificate, or issue one for this name.",
  },
  {
    pattern:
      /signed by unknown authority|\bself[- ]signed certificate\b|unable to get local issuer certificate|PKIX path building failed|UNABLE_TO_VERIFY_LEAF_SIGNATURE/i,
    explanation: "it does not trust the certificate of a server",
    remedy: "Give the container the certificate authority of the server.",
  },
  {
    pattern:
      /\bno such host\b|\bENOTFOUND\b|\bEAI_AGAIN\b|\bname resolution\b|\bname or service not known\b|UnknownHostException|could not translate host name/i,
    explanation: "it cannot resolve the name of a dependency",
    remedy: "Check the host name, and that the Service exists in that namespace.",
  },
  {
    pattern:
      /\bno route to host\b|\bEHOSTUNREACH\b|\bnetwork is unreachable\b|\bENETUNREACH\b|\bi\/o timeout\b|\bETIMEDOUT\b|\bconnection timed out\b/i,
    explanation: "it cannot reach a dependency over the network",
    remedy: "Check that no network policy or firewall blocks the connection.",
  },
  {
    pattern: /\bconnection refused\b|\bECONNREFUSED\b|\bcannot (?:reach|connect)\b/i,
    explanation: "it cannot reach a dependency",
    remedy: "Check that the dependency is running and listens on this port.",
  },
  {
    pattern: /\bexec format error\b/i,
    explanation: "it was built for another CPU architecture",
    remedy: "Build the image for the CPU architecture of the nodes.",
  },
];

/** Kubelet (kuberuntime_container.go, volume manager) and runc. */
const START: readonly Pattern[] = [
  {
    pattern: /couldn't find key \S{1,253} in (?:Secret|ConfigMap)/i,
    explanation: "a key is missing in a ConfigMap or Secret",
    remedy: "Add the key that the message names, or correct its name in the pod.",
  },
  {
    pattern: /^\s*(?:secret|configmap) "[^"]{1,253}" not found/i,
    explanation: "a ConfigMap or Secret does not exist",
    remedy: "Create the object that the message names, or correct its name in the pod.",
  },
  {
    pattern: /runAsNonRoot and image (?:will run as root|has non-numeric user)/i,
    explanation: "its user is root, or not a number, and runAsNonRoot is set",
    remedy: "Set runAsUser to a number other than 0, or give the image such a user.",
  },
  {
    pattern: /exec format error/i,
    explanation: "it was built for another CPU architecture",
    remedy: "Build the image for the CPU architecture of the nodes.",
  },
  {
    pattern: /executable file not found in \$PATH|exec: "[^"]{1,500}": stat [^:]{1,500}: no such file or directory/i,
    explanation: "its command is not in the image",
    remedy: "Correct the command, or add the program to the image.",
  },
  {
    pattern: /exec: "[^"]{1,500}": permission denied/i,
    explanation: "its command is not executable",
    remedy: "Make the file executable in the image, or start it with an interpreter.",
  },
  {
    pattern: /error mounting .{1,1000}(?:not a directory|are you trying to mount a directory onto a file)/i,
    explanation: "a directory is mounted onto a file, or a file onto a directory",
    remedy: "Correct the mountPath, or use subPath to mount a single file.",
  },
  {
    pattern: /(?:mkdir|chdir to cwd|cwd).{1,500}(?:not a directory|no such file or directory|permission denied)/i,
    explanation: "its working directory cannot be used",
    remedy: "Correct workingDir, or create the directory in the image.",
  },
  {
    pattern: /no space left on device/i,
    explanation: "the node's disk is full",
    remedy: "Check the disk usage of the node by images and logs.",
  },
];
