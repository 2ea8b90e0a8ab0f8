import type { Dialog } from "../state/dialog.ts";
import { AckDialog } from "./AckDialog.tsx";
import { ChangeSilenceDialog } from "./ChangeSilenceDialog.tsx";
import { EndSilenceDialog } from "./EndSilenceDialog.tsx";
import { HelpDialog } from "./HelpDialog.tsx";
import { IncidentAckDialog } from "./IncidentAckDialog.tsx";
import { IncidentSilenceDialog } from "./IncidentSilenceDialog.tsx";
import { LogDialog } from "./LogDialog.tsx";
import { NameDialog } from "./NameDialog.tsx";
import { SaveViewDialog } from "./SaveViewDialog.tsx";
import { SignInDialog } from "./SignInDialog.tsx";
import { SilenceDialog } from "./SilenceDialog.tsx";
// After the components, which import their own styles.
import "../styles/dialogs.css";

interface DialogsProps {
  readonly dialog: Dialog;
  readonly close: () => void;
}

export default function Dialogs({ dialog, close }: DialogsProps) {
  switch (dialog.kind) {
    case "ack":
      return <AckDialog rows={dialog.rows} close={close} />;
    case "silence":
      return <SilenceDialog subject={dialog.subject} close={close} />;
    case "change-silence":
      return <ChangeSilenceDialog silence={dialog.silence} close={close} />;
    case "end-silence":
      return <EndSilenceDialog silence={dialog.silence} close={close} />;
    case "ack-incidents":
      return <IncidentAckDialog incidents={dialog.incidents} close={close} />;
    case "silence-incidents":
      return <IncidentSilenceDialog chosen={dialog.chosen} length={dialog.length} close={close} />;
    case "name":
      return <NameDialog run={dialog.run} close={close} />;
    case "log":
      return <LogDialog row={dialog.row} title={dialog.title} close={close} />;
    case "help":
      return <HelpDialog close={close} />;
    case "save-view":
      return <SaveViewDialog close={close} />;
    case "sign-in":
      return <SignInDialog hint={dialog.hint} close={close} />;
  }
}
