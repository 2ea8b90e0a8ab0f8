import type { Dialog } from "../actions.ts";

interface DialogsProps {
  readonly dialog: Dialog;
  readonly close: () => void;
}

export default function Dialogs({ dialog }: DialogsProps) {
  return <p>{dialog.kind}</p>;
}
