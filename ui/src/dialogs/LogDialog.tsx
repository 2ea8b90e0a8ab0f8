import { Modal, ModalBody, ModalHeader } from "@patternfly/react-core";
import { LogsTab } from "../common/LogsTab.tsx";
import { useData } from "../context.ts";
// After the components, which import their own styles.
import "../styles/drawer.css";

interface LogDialogProps {
  readonly row: string;
  readonly title: string;
  readonly close: () => void;
}

/** The log of one container, without leaving the list. */
export function LogDialog({ row, title, close }: LogDialogProps) {
  const { rows } = useData();
  return (
    <Modal isOpen variant="large" onClose={close} aria-labelledby="log-title">
      <ModalHeader title={`Log of ${title}`} labelId="log-title" description={row.replaceAll("/", " / ")} />
      <ModalBody>
        <LogsTab id={row} row={rows.get(row)} />
      </ModalBody>
    </Modal>
  );
}
