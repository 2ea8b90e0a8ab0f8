import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { copyWithToast } from "../actions.ts";
import { useApp } from "../app.ts";
import { IconButton } from "./IconButton.tsx";

/** A command line to copy. */
export function Command({ text }: { readonly text: string }) {
  const app = useApp();
  return (
    <span className="pw-command">
      <code>{text}</code>
      <IconButton label="Copy the command" icon={<CopyIcon />} onClick={() => void copyWithToast(app, text, text)} />
    </span>
  );
}
