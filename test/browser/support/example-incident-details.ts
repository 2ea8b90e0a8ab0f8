import type { Incident, IncidentDetails } from "../../../src/http/base/api-types.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The story of one of them, as of `checkout`. */
export function exampleIncidentDetails(incident: Incident, at: number): IncidentDetails {
  const { namespace = "", workload = "", row = "", cause, severity, since } = incident;
  const name = workload.replace(/^\w+\//, "");
  const [, pod = "", container = ""] = row.split("/");
  return {
    serverNow: at,
    incident,
    summary: `${incident.why} No pod serves traffic.`,
    causes: [
      {
        alertname: cause,
        severity,
        container,
        why: incident.why,
        description: "The container starts and ends again at once.",
        since,
        pods: [{ pod, row }],
        podCount: 2,
        consequences: ["PodRestartingTooOften"],
      },
    ],
    pending: [],
    steps: [
      {
        text: "Check that what it connects to is running. The last line names orders-db.",
        command: `oc get service,endpoints,statefulset orders-db -n ${namespace}`,
      },
      { text: "Check whether a network policy blocks it.", command: `oc get networkpolicy -n ${namespace}` },
      {
        text: "Read the whole log of the last run.",
        command: `oc logs ${pod} -n ${namespace} -c ${container} --previous`,
      },
    ],
    mentions: [
      { name: "orders-db", kind: "StatefulSet", namespace, ready: 1, wanted: 1, lastRestartAt: at - 32 * MINUTE },
    ],
    lastLog: {
      ...{ row, pod, container, isPrevious: true, run: 11, endedAt: at - 3 * MINUTE, ranMs: 4 * SECOND },
      lines: [
        `${name} 5.2.1 starting`,
        "connecting to orders-db:5432",
        "WARN  connection refused, attempt 1 of 3",
        "WARN  connection refused, attempt 3 of 3",
        "FATAL cannot reach database orders-db:5432",
      ],
    },
    timeline: [
      { at: at - 3 * MINUTE, kind: "restart", text: "Restart 22, exit 1", more: { count: 19, since } },
      { at: at - 27 * MINUTE, kind: "ack", text: "Acknowledged by jdoe", detail: "checking orders-db" },
      { at: since + MINUTE, kind: "notified", text: "Notified on-call", detail: "PagerDuty, 2nd try, 2 s" },
      { at: since, kind: "opened", text: `Incident opened: ${cause}, 2 pods`, severity },
      { at: at - 12 * HOUR, kind: "resolved", text: "Earlier incident resolved", detail: "after 1 h" },
    ],
    revisions: [
      {
        revision: "6bc9d46bf5",
        image: `registry.example.com/${namespace}/${name}:5.2.1`,
        rolledOutAt: at - 4 * 24 * HOUR,
        ready: 0,
        total: 2,
        pods: ["worker-1", "worker-2"].map((node, index) => ({
          row: index === 0 ? row : `${namespace}/${name}-6bc9d46bf5-kmqnt/${name}`,
          pod: index === 0 ? pod : `${name}-6bc9d46bf5-kmqnt`,
          severity: "critical",
          word: "CrashLoopBackOff",
          isReady: false,
          restartCount: 11,
          restartsInWindow: 10,
          lastExit: "exit 1 (application error)",
          lastRestartAt: at - 3 * MINUTE,
          node,
          createdAt: at - 4 * 24 * HOUR,
        })),
      },
    ],
    former: [
      {
        id: `${incident.key}@1`,
        since: at - 12.5 * HOUR,
        resolvedAt: at - 11.5 * HOUR,
        severity: "critical",
        short: "A dependency cannot be reached: exit 1",
      },
    ],
  };
}
