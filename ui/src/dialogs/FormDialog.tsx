import {
  Alert,
  Button,
  Form,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  type ModalProps,
} from "@patternfly/react-core";
import { type ReactNode, useId } from "react";
import { describeError } from "../api.ts";

interface FormDialogProps {
  readonly title: string;
  readonly description?: string;
  readonly children: ReactNode;
  readonly submit: string;
  readonly isDanger?: boolean;
  /** Why the form cannot be submitted yet. */
  readonly missing?: string | undefined;
  readonly isPending: boolean;
  /** The error of the last attempt; the form keeps its input. */
  readonly error: unknown;
  readonly onSubmit: () => void;
  readonly close: () => void;
  readonly variant?: ModalProps["variant"];
}

/** A dialog with one form. PatternFly traps the focus and restores it on close. */
export function FormDialog(props: FormDialogProps) {
  const { title, description, children, submit, isDanger = false, missing, isPending, error, onSubmit, close } = props;
  const id = useId();
  return (
    <Modal
      isOpen
      variant={props.variant ?? "small"}
      onClose={close}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
    >
      <ModalHeader title={title} labelId={`${id}-title`} {...(description === undefined ? {} : { description })} />
      <ModalBody id={`${id}-body`}>
        <Form
          id={`${id}-form`}
          onSubmit={(event) => {
            event.preventDefault();
            if (missing === undefined && !isPending) onSubmit();
          }}
        >
          {children}
          {error !== undefined && <Failure error={error} />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={`${id}-form`}
          variant={isDanger ? "danger" : "primary"}
          isAriaDisabled={missing !== undefined || isPending}
          title={missing}
          aria-describedby={missing === undefined ? undefined : `${id}-missing`}
          isLoading={isPending}
        >
          {submit}
        </Button>
        <Button variant="link" onClick={close}>
          Cancel
        </Button>
        {missing !== undefined && (
          <span className="pw-missing" id={`${id}-missing`}>
            {missing}
          </span>
        )}
      </ModalFooter>
    </Modal>
  );
}

function Failure({ error }: { readonly error: unknown }) {
  const { title, detail, requestId } = describeError(error);
  return (
    <Alert component="p" isInline isLiveRegion variant="danger" title={title}>
      {detail}
      {requestId !== undefined && ` Request id: ${requestId}`}
    </Alert>
  );
}
