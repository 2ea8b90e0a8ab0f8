import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { copyWithToast } from "../actions.ts";
import { useApp } from "../context.ts";
import { IconButton } from "./IconButton.tsx";

/** Commands to copy, one per line. */
export function Command({ text }: { readonly text: string }) {
  const app = useApp();
  return text.split("\n").map((line) => (
    <span key={line} className="pw-command">
      <code>{line}</code>
      <IconButton label="Copy the command" icon={<CopyIcon />} onClick={() => void copyWithToast(app, line, line)} />
    </span>
  ));
}
