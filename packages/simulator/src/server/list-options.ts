/** The query parameters of a list or watch, validated like the API server. */
import type { Resource } from "../encode/types.ts";
import type { Status } from "../model/objects.ts";
import { badRequest, type FieldError, invalidListOptions } from "../model/status.ts";
import { type Matches, parseFieldSelector, parseLabelSelector, SelectorError } from "./selectors.ts";

export interface ListOptions {
  readonly watch: boolean;
  /** Undefined when not given or empty, which means "the most recent". */
  readonly resourceVersion: string | undefined;
  readonly resourceVersionMatch: string | undefined;
  readonly limit: number;
  readonly continue: string | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
  /** Undefined when all objects match. */
  readonly matches: Matches | undefined;
}

/** The options, or the Status with which the server rejects them. */
export function parseListOptions(resource: Resource, query: URLSearchParams, watchList: boolean): ListOptions | Status {
  const text = (name: string) => query.get(name) || undefined;
  const flag = (name: string) => {
    const value = query.get(name);
    return value === null ? undefined : value !== "false" && value !== "0";
  };
  const count = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  // A watch of the existing objects is a WatchList (`SetListOptionsDefaults` in apimachinery `meta/internalversion`).
  const isWatchList =
    watchList &&
    flag("watch") === true &&
    flag("sendInitialEvents") === undefined &&
    text("resourceVersionMatch") === undefined &&
    (text("resourceVersion") ?? "0") === "0";
  const initialEvents = isWatchList ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" } : {};
  const options = {
    watch: flag("watch") ?? false,
    resourceVersion: text("resourceVersion"),
    resourceVersionMatch: text("resourceVersionMatch"),
    limit: count("limit") ?? 0,
    continue: text("continue"),
    allowWatchBookmarks: flag("allowWatchBookmarks") ?? false,
    sendInitialEvents: flag("sendInitialEvents"),
    timeoutSeconds: count("timeoutSeconds"),
    ...initialEvents,
  };
  for (const [name, value] of [
    ["limit", options.limit],
    ["timeoutSeconds", options.timeoutSeconds],
  ] as const) {
    if (value !== undefined && !Number.isInteger(value)) {
      return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(query.get(name))}: invalid syntax`);
    }
  }
  const errors = options.watch ? watchErrors(options, watchList) : listErrors(options);
  if (errors.length > 0) return invalidListOptions(errors);
  try {
    return { ...options, matches: selectorOf(resource, text("fieldSelector"), text("labelSelector")) };
  } catch (error) {
    if (error instanceof SelectorError) return badRequest(error.message);
    throw error;
  }
}

function selectorOf(resource: Resource, fields: string | undefined, labels: string | undefined): Matches | undefined {
  const byField = fields === undefined ? undefined : parseFieldSelector(resource, fields);
  const byLabel = labels === undefined ? undefined : parseLabelSelector(labels);
  if (byField === undefined || byLabel === undefined) return byField ?? byLabel;
  return (object) => byField(object) && byLabel(object);
}

type Given = Omit<ListOptions, "matches">;

/** From `ValidateListOptions` in apimachinery `meta/internalversion/validation`. */
function listErrors(options: Given): readonly FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (match !== undefined) {
    if (options.resourceVersion === undefined) {
      errors.push(
        forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"),
      );
    }
    if (options.continue !== undefined) {
      errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    }
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && options.resourceVersion === "0") {
      errors.push(
        forbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
      );
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

function watchErrors(options: Given, watchList: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (options.sendInitialEvents !== undefined) {
    if (match !== "NotOlderThan") {
      errors.push(
        forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
      );
    }
    if (!watchList) {
      errors.push(
        forbidden(
          "sendInitialEvents",
          "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
        ),
      );
    }
  }
  if (match !== undefined) {
    if (options.sendInitialEvents === undefined) {
      errors.push(
        forbidden(
          "resourceVersionMatch",
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
      );
    }
    if (match !== "NotOlderThan") errors.push(notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
    if (options.continue !== undefined) {
      errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    }
  }
  return errors;
}

function forbidden(field: string, message: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: `Forbidden: ${message}` };
}

function notSupported(field: string, value: string, supported: readonly string[]): FieldError {
  const values = supported.map((one) => `"${one}"`).join(", ");
  return {
    field,
    reason: "FieldValueNotSupported",
    message: `Unsupported value: "${value}": supported values: ${values}`,
  };
}
