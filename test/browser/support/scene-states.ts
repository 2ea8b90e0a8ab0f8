import { MINUTE } from "../../../src/core/model/time.ts";
import type { Row, State } from "../../../src/http/base/api-types.ts";
import { exampleEvents, exampleLog } from "./example-answers.ts";
import {
  acknowledged,
  exampleRows,
  exampleState,
  HOUR,
  healthyNamespaces,
  NAMESPACES,
  NOW,
  silenced,
} from "./example-state.ts";
import type { FixtureServer } from "./fixture-server.ts";

/** A hundred rows with one of each kind. */
export function mixedState(change: Partial<State> = {}): State {
  const rows = exampleRows(160);
  const failing = rows.filter((row) => row.state === "Failure");
  const [first, second, third, fourth] = failing;
  const changed = rows.map((row) => {
    if (row === first) return acknowledged(row, "jdoe", "known, OPS-4127");
    if (row === second) return silenced(row, "mkrause");
    if (row === third) return { ...row, type: "init", container: "migrate" } as const;
    if (row === fourth) return { ...row, deletedAt: NOW - 4 * MINUTE };
    return row;
  });
  return exampleState([...changed, workloadRow()], change);
}

/** A failing row that the drawer can show. */
export function failingRow(state: State): Row {
  const row = state.rows.find(
    (each) => each.state === "Failure" && each.ack === undefined && each.silenced === undefined,
  );
  if (row === undefined) throw new Error("The state has no failing row");
  return row;
}

function workloadRow(): Row {
  return {
    id: "orders-prod/ReplicaSet/checkout-6fd9c5b7c4",
    scope: "workload",
    namespace: "orders-prod",
    owner: "ReplicaSet/checkout-6fd9c5b7c4",
    state: "Failure",
    since: NOW - 17 * MINUTE,
    reason: "FailedCreate",
    summary: "No pod can be created: exceeded quota: compute-resources",
    alerts: [
      {
        fingerprint: "fp-quota",
        name: "WorkloadCannotCreatePods",
        severity: "critical",
        firedAt: NOW - 17 * MINUTE,
        summary: "exceeded quota: compute-resources",
      },
    ],
  };
}

export const OUT_OF_SYNC: State["health"] = {
  namespaces: [
    ...healthyNamespaces(NAMESPACES.filter((name) => name !== "payments-prod")),
    {
      namespace: "payments-prod",
      state: "forbidden",
      pods: 0,
      staleSince: NOW - 8 * MINUTE,
      message: "The service account may not list pods.",
      missing: ["list pods", "watch pods"],
      remedy: "oc policy add-role-to-user view -z pod-watcher -n payments-prod",
    },
  ],
  receivers: [{ receiver: "oncall", kind: "pagerduty", undelivered: 3, since: NOW - 18 * MINUTE, detail: "HTTP 403" }],
  problems: [{ since: NOW - 2 * MINUTE, message: "The API server answers slowly: the watch lags by 40 s" }],
};

/** A deleted pod and a workload whose alert has resolved. */
export function resolvedState(): State {
  const { rows } = mixedState();
  return exampleState(
    rows.map((row): Row => {
      if (row.scope !== "workload") return row;
      const { alerts: _alerts, reason: _reason, ...over } = row;
      return { ...over, state: "Normal", resolvedAt: NOW - 5 * MINUTE };
    }),
  );
}

/** The cluster no longer has the events and logs; those collected when the alert fired are shown. */
export function collectEvidence(server: FixtureServer): void {
  const failing = failingRow(mixedState());
  const storedAt = NOW - 20 * MINUTE;
  server.backend.answers.set("GET containers/{id}/events", () => ({ ...exampleEvents(failing, NOW), storedAt }));
  server.backend.answers.set("GET containers/{id}/log", () => ({ ...exampleLog(true), storedAt }));
}

export function addSilences(server: FixtureServer): void {
  const now = server.now();
  const base = { by: "jdoe", createdAt: now - HOUR, endWhenNormal: false } as const;
  server.backend.silences.push(
    {
      ...base,
      id: "s1",
      scope: { kind: "workload", namespace: "orders-prod", workload: "Deployment/tracker" },
      state: "active",
      from: now - HOUR,
      until: now + HOUR,
      reason: "Node drain, ticket OPS-4127",
      matches: 6,
      failing: 2,
    },
    {
      ...base,
      id: "s2",
      scope: { kind: "container", namespace: "identity", pod: "gateway-5x2kc9v7bd-mm4nz", container: "gateway" },
      state: "active",
      from: now - 2 * HOUR,
      until: now + 72 * HOUR,
      reason: "Known bug, fixed in 2026.11.4",
      matches: 0,
      failing: 0,
      endWhenNormal: true,
    },
    {
      ...base,
      id: "s3",
      scope: { kind: "namespace", namespace: "ml-serving" },
      state: "upcoming",
      from: now + HOUR,
      until: now + 2 * HOUR,
      reason: "Planned migration of the feature store",
      matches: 200,
      failing: 4,
    },
    {
      ...base,
      id: "s4",
      scope: { kind: "everything" },
      state: "expired",
      from: now - 24 * HOUR,
      until: now - 22 * HOUR,
      reason: "Cluster upgrade to 4.19",
      matches: 400,
      failing: 10,
    },
  );
}
