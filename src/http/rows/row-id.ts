import type { AlertLabels } from "../../core/model/alert.ts";

/** The labels that a `Row.id` stands for. Kinds start with a capital letter, pod names cannot. */
export type RowTarget = Pick<AlertLabels, "namespace" | "workload" | "pod" | "container">;

/** Undefined for an invalid id. */
export function parseRowId(id: string): RowTarget | undefined {
  const [namespace, second, third, ...rest] = id.split("/");
  if (!namespace || rest.length > 0 || second === "" || third === "") return undefined;
  if (second === undefined) return { namespace };
  if (/^[A-Z]/.test(second)) return third === undefined ? undefined : { namespace, workload: `${second}/${third}` };
  return { namespace, pod: second, ...(third === undefined ? {} : { container: third }) };
}
