import type { Instant } from "../../../../src/core/model/time.ts";
import { When } from "../../common/When.tsx";

/** Says that what follows is not of now, and of when it is. */
export function KeptLine({ at }: { readonly at: Instant }) {
  return (
    <p className="pw-muted">
      Kept when the alert fired, <When at={at} />: the cluster does not give it now.
    </p>
  );
}
