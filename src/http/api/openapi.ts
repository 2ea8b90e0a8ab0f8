import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { fastifyZodOpenApiPlugin, fastifyZodOpenApiTransformers } from "fastify-zod-openapi";

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
  app.get("/api/v1/openapi.json", { schema: { hide: true } }, (_request, reply) =>
    reply.header("cache-control", "no-cache").send(document(app.swagger())),
  );
  await app.register(swaggerUi, {
    routePrefix: "/api/docs",
    staticCSP: DOCS_POLICY,
    transformSpecification: document,
    transformSpecificationClone: false,
    logo: NO_LOGO,
    theme: { title: "Pod Watcher API" },
    uiConfig: { layout: "BaseLayout", docExpansion: "list", deepLinking: true },
  });
}

/** The server address is relative to the document, so that it is right behind a path prefix. */
function document(description: object): Record<string, unknown> {
  return { ...description, servers: [{ url: "../..", description: "this server" }] };
}
