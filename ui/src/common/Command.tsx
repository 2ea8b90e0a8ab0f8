import { Button } from "@patternfly/react-core";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { copyWithToast } from "../actions.ts";
import { useApp } from "../context.ts";

/** Commands to copy together, one per line. They wrap on a phone, so that they can be read before they are copied. */
export function Commands({
  lines,
  what = "the command",
}: {
  readonly lines: readonly string[];
  readonly what?: string;
}) {
  const app = useApp();
  const text = lines.join("\n");
  const copy = lines.length === 1 ? "Copy" : lines.length === 2 ? "Copy both" : `Copy all ${lines.length}`;
  return (
    <div className="pw-command">
      <code>{text}</code>
      <Button
        variant="link"
        size="sm"
        icon={<CopyIcon />}
        aria-label={lines.length === 1 ? `Copy ${what} ${text}` : `${copy} commands`}
        onClick={() => void copyWithToast(app, text, text)}
      >
        {copy}
      </Button>
    </div>
  );
}
