import type { SilenceScope } from "../../../src/http/base/api-types.ts";

export type Condition = Extract<SilenceScope, { kind: "matchers" }>["matchers"][number];

export const LABELS = ["namespace", "workload", "alertname", "severity", "pod", "container"] as const;
export const OPERATORS: readonly Condition["operator"][] = ["=", "!=", "=~", "!~"];

export const FIRST_CONDITION: Condition = { name: "namespace", operator: "=", value: "" };

/** `namespace=~"shop|media"` */
export function conditionText({ name, operator, value }: Condition): string {
  return `${name}${operator}${JSON.stringify(value)}`;
}

/** The scope of the conditions; undefined while one has no value. */
export function conditionsScope(conditions: readonly Condition[]): SilenceScope | undefined {
  const matchers = conditions.map((each) => ({ ...each, value: each.value.trim() }));
  return matchers.every(({ value }) => value !== "") ? { kind: "matchers", matchers } : undefined;
}
