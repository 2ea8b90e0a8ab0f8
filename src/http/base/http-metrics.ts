import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import type { FastifyInstance } from "fastify";
import { SECOND } from "../../core/model/time.ts";
import type { Registry } from "../../telemetry/metrics.ts";

export interface StreamGauge {
  opened(): void;
  closed(): void;
}

/** How the pages and the API are used. By route, never by address: the number of series is that of the routes. */
export function measureRequests(app: FastifyInstance, registry: Registry): StreamGauge {
  const registers = [registry];
  const requests = new Counter({
    name: "pod_watcher_http_requests_total",
    help: "Answered requests, by method, route and status.",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "pod_watcher_http_request_duration_seconds",
    help: "Time to the end of the answer, by route; long polls take as long as their callers wait.",
    labelNames: ["route"],
    buckets: [0.01, 0.05, 0.25, 1, 5, 30],
    registers,
  });
  const streams = new Gauge({
    name: "pod_watcher_http_streams",
    help: "Pages that follow the stream of changes at present.",
    registers,
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    durations.observe({ route }, reply.elapsedTime / SECOND);
  });
  return { opened: () => streams.inc(), closed: () => streams.dec() };
}
