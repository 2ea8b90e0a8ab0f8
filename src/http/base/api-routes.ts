import type { FastifyInstance, FastifyTypeProvider } from "fastify";
import type { z } from "zod";
import { encodeTimes } from "../../core/view/api-times.ts";

/** Types of handlers by the schemas of their route: requests and responses have times as milliseconds since 1970. */
interface ApiTypeProvider extends FastifyTypeProvider {
  readonly validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  readonly serializer: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
}

/** For routes of /api/v1. */
export function withApiTypes(app: FastifyInstance) {
  return app.withTypeProvider<ApiTypeProvider>();
}

/**
 * Responses are typed by their schemas and not validated at run time, where a mismatch would turn into a 500 and 20,000
 * rows would take long. A test validates the responses of every route.
 */
export function serializeApi(app: FastifyInstance): void {
  app.setSerializerCompiler(() => (data) => JSON.stringify(encodeTimes(data)));
}
