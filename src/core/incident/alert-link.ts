import type { Alert } from "../model/alert.ts";
import { incidentKey } from "./key.ts";

/** The address of an alert's incident on the page; undefined while the address of the page is not configured. */
export function alertLink({ labels }: Pick<Alert, "labels">, publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined;
  return `${publicUrl.replace(/\/$/, "")}/?open=${encodeURIComponent(incidentKey(labels))}`;
}
