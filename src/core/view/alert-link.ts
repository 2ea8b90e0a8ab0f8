import type { Alert } from "../model/alert.ts";

/** The address of an alert's row on the page; undefined while the address of the page is not configured. */
export function alertLink({ labels }: Pick<Alert, "labels">, publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined;
  const { namespace, pod, container } = labels;
  const row = [namespace, pod, container].filter((part) => part !== undefined).join("/");
  return `${publicUrl.replace(/\/$/, "")}/?open=${encodeURIComponent(row)}`;
}
