import { z } from "zod";
import { ALERTNAMES } from "../../core/model/alert.ts";
import { ROW_STATES } from "../../core/model/row-state.ts";
import { encodeTime } from "../../core/view/api-times.ts";

/**
 * Common parts of the schemas of /api/v1. A schema with an `id` becomes a component of the OpenAPI document. Types
 * are inferred with `z.output`: times are then milliseconds since 1970, see core/view/api-times.ts.
 */

/** RFC 3339 on the wire, milliseconds since 1970 in the program. Responses are always UTC with milliseconds. */
export const time = z
  .codec(z.iso.datetime({ offset: true, error: "expected a time such as 2026-11-22T11:32:51.000Z" }), z.number(), {
    decode: (text) => Date.parse(text),
    encode: encodeTime,
  })
  .meta({
    override: ({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }) => {
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, { type: "string", format: "date-time", examples: ["2026-11-22T11:32:51.000Z"] });
    },
  });

/** Durations are numbers of milliseconds, and their names end in `Ms`. */
export const milliseconds = z.number().min(0).meta({ description: "Milliseconds." });

export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

/** One page of a list. */
export const page = <Entry extends z.ZodType>(entry: Entry) =>
  z.object({
    entries: list(entry),
    next: z.string().optional().meta({ description: "Pass it as `cursor` for the next page; absent on the last one." }),
  });

/** `pattern` is for the document; what reads the cursor checks it. */
export const cursorOf = (pattern: string) =>
  z.string().max(300).optional().meta({ description: "`next` of the previous page.", pattern });

export const pageQuery = z.strictObject({
  cursor: cursorOf(".*"),
  limit: z.coerce.number().int().min(1).max(500).default(100).meta({ description: "Entries per page." }),
});

export const alertname = z.enum(ALERTNAMES).meta({ id: "Alertname" });
export const severity = z.enum(["warning", "critical"]).meta({ id: "Severity" });
export const stateName = z.enum(["pending", "firing", "resolved"]).meta({ id: "AlertStateName" });
export const rowState = z
  .enum(ROW_STATES)
  .meta({ id: "RowState", description: "`Sent`: a failure whose alerts have all been delivered." });

export const labels = z
  .object({
    alertname,
    namespace: z.string(),
    workload: z
      .string()
      .exactOptional()
      .meta({ examples: ["Deployment/checkout"] }),
    pod: z.string().exactOptional(),
    container: z.string().exactOptional(),
  })
  .meta({ id: "Labels", description: "Identity of an alert. A label that does not apply is absent." });

/** A list in a query: values that are separated by commas. */
export const commaSeparated = <const Value extends string>(values: readonly Value[]) =>
  z
    .string()
    .transform((given) => given.split(","))
    .pipe(z.array(z.enum(values)))
    .meta({ override: { type: "string", pattern: `^(${values.join("|")})(,(${values.join("|")}))*$` } });

/** Namespaces in a query. */
export const namespaceList = z
  .string()
  .max(10_000)
  .regex(/^[a-z0-9.,-]*$/, "Names of namespaces, separated by commas.")
  .exactOptional()
  .meta({ description: "Namespaces, comma-separated." });

/** 200 with an empty object. */
export const nothing = z.object({});

export const signIn = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("redirect"),
      url: z.string().meta({ description: "`{return}` is replaced by the percent-encoded address to return to." }),
    }),
    z.object({ kind: z.literal("token"), hint: z.string().meta({ description: "Which token to paste." }) }),
  ])
  .meta({ id: "SignIn", description: "How a browser signs in." });
export type SignIn = z.output<typeof signIn>;

export const problem = z
  .object({
    type: z.string().exactOptional(),
    title: z.string(),
    status: z.int(),
    detail: z.string().exactOptional(),
    requestId: z.string().exactOptional().meta({ description: "Also in the header `X-Request-Id` and in the log." }),
    errors: list(z.object({ field: z.string(), message: z.string() }))
      .exactOptional()
      .meta({ description: "With 400: one per invalid field; `field` is a path such as `scopes.0.namespace`." }),
    missing: z
      .string()
      .exactOptional()
      .meta({ description: "With 403: the missing permission.", examples: ["update pods in shop"] }),
    signIn: signIn.exactOptional().meta({ description: "With 401." }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });

const problemResponse = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problem } },
});

/** The errors that any route may answer with. */
export const ERRORS = {
  400: problemResponse("The request is invalid; `errors` lists the fields."),
  401: problemResponse("The caller is not signed in."),
  403: problemResponse("The caller has no permission to do this."),
  404: problemResponse("It does not exist, or the caller has no permission to see it."),
  405: problemResponse("Another method exists at this address; see `Allow`."),
  413: problemResponse("The body is too large."),
  415: problemResponse("The body is not JSON."),
  421: problemResponse("The host is unknown, in the mode `none`."),
  429: problemResponse("Too many requests; `Retry-After` says when to try again."),
  431: problemResponse("The request header is too large."),
  500: problemResponse("Internal error."),
  503: problemResponse("The state cannot be read or written, or the server is shutting down. Try again later."),
};

/** A successful response that is not JSON, and the errors. */
export const answersText = (type: string, description: string) => ({
  200: { description, content: { [type]: { schema: z.unknown() } } },
  ...ERRORS,
});

/** A conflict with what exists. */
export const conflict = (description: string) => ({ 409: problemResponse(description) });

/** A successful JSON response, and the errors. */
export const answers = <Schema extends z.ZodType>(schema: Schema, description = "Done.") => ({
  200: { description, content: { "application/json": { schema } } },
  ...ERRORS,
});
