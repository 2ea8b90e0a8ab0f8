import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const FILE = new URL("../fixtures/alertmanager/openapi.yaml", import.meta.url);

// Swagger 2 has `definitions` where JSON Schema has `$defs`.
const { definitions } = parse(readFileSync(FILE, "utf8").replaceAll("#/definitions/", "#/$defs/")) as {
  readonly definitions: Record<string, object>;
};

/** A definition of Alertmanager's OpenAPI document, such as `gettableAlerts`. */
export function alertmanagerSchema(name: string): z.ZodType {
  if (definitions[name] === undefined) throw new Error(`Alertmanager's document defines no ${name}`);
  return z.fromJSONSchema({ $ref: `#/$defs/${name}`, $defs: definitions } as never);
}
