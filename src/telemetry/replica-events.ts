import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import { SECOND } from "../core/model/time.ts";
import type { Takeover } from "../ports/replicas.ts";
import { errorMessage } from "../util/error-message.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The events of replicas on one database: each writes its log line and updates its metric. */
export interface ReplicaEvents {
  /** At each heartbeat. */
  observed(members: number): void;
  standingBy(owner: string | undefined): void;
  tookOver(takeover: Pick<Takeover, "cause" | "vacantFor">): void;
  takeoverFailed(error: unknown): void;
  ownershipLost(reason: string): void;
  databaseUnreachable(error: unknown): void;
  databaseReachable(): void;
}

export function createReplicaEvents(logger: Logger, registry: Registry): ReplicaEvents {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name: `pod_watcher_replica_${name}`, help, registers });
  const owner = gauge("owner", "1 while this replica owns the state, 0 while it stands by.");
  const seen = gauge("members", "Replicas that share the database, as of the last heartbeat.");
  const reachable = gauge("database_reachable", "1 while heartbeats to the database succeed, else 0.");
  const takeovers = new Counter({
    name: "pod_watcher_replica_takeovers_total",
    help: "Takeovers by this replica, by cause.",
    labelNames: ["cause"],
    registers,
  });
  const vacancy = new Histogram({
    name: "pod_watcher_replica_vacancy_seconds",
    help: "From the last heartbeat or the end of the previous owner to the takeover by this replica.",
    buckets: [0.5, 1, 2, 4, 6, 8, 10, 20, 60],
    registers,
  });
  owner.set(0);
  reachable.set(1);
  return {
    observed: (members) => seen.set(members),
    standingBy: (by) =>
      logger.info({ event: "standby", owner: by }, "Another replica owns the state. This one stands by."),
    tookOver({ cause, vacantFor }) {
      owner.set(1);
      takeovers.inc({ cause });
      vacancy.observe(vacantFor / SECOND);
      logger.info({ event: "ownership_taken", cause, vacantForMs: vacantFor }, "This replica owns the state.");
    },
    takeoverFailed: (error) =>
      logger.warn(
        { event: "takeover_failed", reason: errorMessage(error) },
        "The takeover failed. It will be retried.",
      ),
    ownershipLost(reason) {
      owner.set(0);
      logger.error({ event: "ownership_lost", reason }, "Another replica owns the state now. This one ends.");
    },
    databaseUnreachable(error) {
      reachable.set(0);
      logger.error({ event: "database_unreachable", reason: errorMessage(error) }, "The database cannot be reached.");
    },
    databaseReachable() {
      reachable.set(1);
      logger.info({ event: "database_reachable" }, "The database can be reached again.");
    },
  };
}
