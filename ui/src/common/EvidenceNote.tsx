import type { Instant } from "../../../src/core/model/time.ts";
import { When } from "./When.tsx";

/** Marks evidence that was collected when the alert fired. */
export function EvidenceNote({ at }: { readonly at: Instant }) {
  return (
    <p className="pw-muted">
      Collected when the alert fired, <When at={at} />. No longer available from the cluster.
    </p>
  );
}
