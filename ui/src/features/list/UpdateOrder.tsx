import { Button } from "@patternfly/react-core";
import { plural } from "../../format/text.ts";

interface UpdateOrderProps {
  /** Lines that would move. */
  readonly moved: number;
  readonly onUpdate: () => void;
}

/** Shown while the order is held and differs from the newest one. */
export function UpdateOrder({ moved, onUpdate }: UpdateOrderProps) {
  if (moved === 0) return null;
  return (
    <span className="pw-update-order">
      <span className="pw-muted">{plural(moved, "row")} would move</span>{" "}
      <Button variant="link" isInline onClick={onUpdate}>
        Update order
      </Button>
    </span>
  );
}
