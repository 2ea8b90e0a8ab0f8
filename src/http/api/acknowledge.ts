import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Acknowledgement, Alert, AlertLabels } from "../../core/model/alert.ts";
import type { ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { AlertStore } from "../../ports/store.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { callerName, callerOf } from "../base/caller.ts";
import { readOnly } from "../base/problem.ts";
import { parseRowId } from "../rows/row-id.ts";
import { rowIdOf } from "../rows/rows.ts";
import type { StatusRowCache } from "../rows/status-row-cache.ts";
import {
  type AcknowledgeResponse,
  type AckSubject,
  acknowledgeRequest,
  acknowledgeResponse,
  unacknowledgeRequest,
} from "../schemas/acknowledge.ts";
import { answers } from "../schemas/fields.ts";

export interface AcknowledgeDeps {
  readonly rows: StatusRowCache;
  readonly store: Pick<AlertStore, "alerts">;
  /** Sets or removes an acknowledgement. Resolves once committed; undefined when there is no such open alert. */
  readonly acknowledge: (
    fingerprint: string,
    acknowledgement: Acknowledgement | undefined,
  ) => Promise<Alert | undefined>;
  readonly clock: Clock;
  readonly log: ActionStore["log"];
}

type Skipped = AcknowledgeResponse["skipped"][number];

/** The row of a subject, and the firing alerts to change. */
interface Target {
  readonly row: string;
  readonly namespace: string;
  readonly fingerprints: readonly string[];
}

const NOT_FOUND = "It does not exist, or you have no permission to see it.";
const NOT_FIRING = "Nothing is firing.";

/** POST /api/v1/acknowledge and /unacknowledge. */
export function acknowledgeApi({ rows, store, acknowledge, clock, log }: AcknowledgeDeps) {
  return function acknowledgeRoutes(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["alerts"];

    app.post(
      "/acknowledge",
      {
        schema: {
          summary: "Acknowledge alerts",
          description: "No more notifications until they recover or, with `notifyOnWorsening`, get worse.",
          tags,
          body: acknowledgeRequest,
          response: answers(acknowledgeResponse),
        },
      },
      async (request) => {
        const { subjects, note, notifyOnWorsening, by } = request.body;
        const name = callerName(callerOf(request), by);
        return change(request, subjects, name, { by: name, at: clock.now(), note, notifyOnWorsening });
      },
    );

    app.post(
      "/unacknowledge",
      {
        schema: {
          summary: "Remove acknowledgements",
          tags,
          body: unacknowledgeRequest,
          response: answers(acknowledgeResponse),
        },
      },
      async (request) => change(request, request.body.subjects, callerName(callerOf(request)), undefined),
    );
  };

  /** Changes what the caller may change. Throws 403 when they have read-only access to all subjects. */
  async function change(
    request: FastifyRequest,
    subjects: readonly AckSubject[],
    by: string,
    acknowledgement: Acknowledgement | undefined,
  ): Promise<AcknowledgeResponse> {
    const caller = callerOf(request);
    const skipped: Skipped[] = [];
    const about: string[] = [];
    const changed: string[] = [];
    const denied: string[] = [];
    for (const [name, subject] of new Map(subjects.map((one) => [nameOf(one), one]))) {
      const skip = (reason: string) => void skipped.push({ subject: name, reason });
      const target = await targetOf(subject);
      if (target === undefined || !caller.sees(target.namespace)) {
        skip(NOT_FOUND);
        continue;
      }
      if (!(await caller.mayWrite(target.namespace))) {
        denied.push(target.namespace);
        skip(readOnly(target.namespace).message);
        continue;
      }
      const alerts = await Promise.all(
        target.fingerprints.map((fingerprint) => acknowledge(fingerprint, acknowledgement)),
      );
      const done = alerts.filter((alert) => alert !== undefined);
      if (done.length === 0) skip(NOT_FIRING);
      else {
        about.push(target.row, ...done.map(({ fingerprint }) => fingerprint));
        changed.push(target.row);
      }
    }
    const [first] = denied;
    if (first !== undefined && denied.length === skipped.length && changed.length === 0) throw readOnly(first);
    if (about.length > 0) {
      const action = acknowledgement === undefined ? "unack" : "ack";
      const note = acknowledgement?.note ? { note: acknowledgement.note } : {};
      await log({ at: clock.now(), by, action, about: [...new Set(about)], ...note });
    }
    return { rows: await rowsOf(changed), skipped };
  }

  async function targetOf(subject: AckSubject): Promise<Target | undefined> {
    if ("row" in subject) {
      const labels = parseRowId(subject.row);
      if (labels === undefined) return undefined;
      const row = (await rows.group(labels)).find(({ id }) => id === subject.row);
      const fingerprints = (row?.alerts ?? []).map(({ fingerprint }) => fingerprint);
      return { row: subject.row, namespace: labels.namespace, fingerprints };
    }
    const [alert] = await store.alerts({ fingerprint: subject.alert, limit: 1 });
    return alert && targetOfAlert(alert.labels, subject.alert);
  }

  async function rowsOf(ids: readonly string[]): Promise<AcknowledgeResponse["rows"]> {
    const found = await Promise.all(
      [...new Set(ids)].map(async (id) => {
        const labels = parseRowId(id);
        return labels && (await rows.group(labels)).find((row) => row.id === id);
      }),
    );
    return found.filter((row) => row !== undefined);
  }
}

function targetOfAlert(labels: AlertLabels, fingerprint: string): Target {
  return { row: rowIdOf(labels), namespace: labels.namespace, fingerprints: [fingerprint] };
}

function nameOf(subject: AckSubject): string {
  return "row" in subject ? subject.row : subject.alert;
}
