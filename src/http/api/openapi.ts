import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifyReply } from "fastify";
import { fastifyZodOpenApiPlugin, fastifyZodOpenApiTransformers } from "fastify-zod-openapi";
import { sharedAnswer } from "../base/shared-answers.ts";

/** Swagger UI has images as data URLs and does not support Trusted Types; otherwise as strict as for the page. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The layout shows no logo. Without this option the package reads its own from a file, which a bundle does not have. */
const NO_LOGO = { type: "image/svg+xml", content: "" };

/** Describes the routes that are registered after it. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifyZodOpenApiPlugin);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Pod Watcher",
        version,
        description:
          "Which pods fail, when it started and why. Times are RFC 3339 in UTC with milliseconds; durations are milliseconds in members that end in `Ms`. Errors are RFC 9457 problem details. A namespace that the caller has no permission to see responds with 404, as if it did not exist.",
        license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      },
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description: "A Kubernetes token, or one of the configured tokens.",
          },
        },
      },
      security: [{}, { bearer: [] }],
    },
    ...fastifyZodOpenApiTransformers,
  });
}

/** /api/v1/openapi.json, and its page /api/docs. Register it after all other routes. */
export async function apiDocs(app: FastifyInstance): Promise<void> {
  const shared = new Map<string, Buffer>();
  const json = (reply: FastifyReply) =>
    sendShared(reply, "application/json; charset=utf-8", () => JSON.stringify(document(app.swagger())));
  const yaml = (reply: FastifyReply) => sendShared(reply, "application/x-yaml", () => app.swagger({ yaml: true }));
  function sendShared(reply: FastifyReply, type: string, serialize: () => string): FastifyReply {
    const answer = shared.get(type) ?? sharedAnswer(serialize());
    shared.set(type, answer);
    return reply.type(type).header("cache-control", "no-cache").send(answer);
  }
  app.get("/api/v1/openapi.json", { schema: { hide: true } }, (_request, reply) => json(reply));
  await app.register(swaggerUi, {
    routePrefix: "/api/docs",
    staticCSP: DOCS_POLICY,
    transformSpecification: document,
    transformSpecificationClone: false,
    logo: NO_LOGO,
    uiHooks: {
      // The package would serialize the document for each request.
      preHandler: (request, reply, done) => {
        if (request.routeOptions.url === "/api/docs/json") json(reply);
        else if (request.routeOptions.url === "/api/docs/yaml") yaml(reply);
        else done();
      },
    },
    theme: { title: "Pod Watcher API" },
    uiConfig: { layout: "BaseLayout", docExpansion: "list", deepLinking: true },
  });
}

/** The server address is relative to the document, so that it is right behind a path prefix. */
function document(description: object): Record<string, unknown> {
  return { ...description, servers: [{ url: "../..", description: "this server" }] };
}
