import { Button, Modal, ModalBody, ModalFooter, ModalHeader, Switch } from "@patternfly/react-core";
import type { ShownState } from "../../../src/core/model/row-state.ts";
import { StateLabel } from "../common/StateLabel.tsx";
import { setPreferences, usePreferences } from "../state/preferences.ts";

const KEYS: readonly (readonly [key: string, what: string])[] = [
  ["/", "Search"],
  ["?", "This help"],
  ["Enter", "Open the details of the row in focus"],
  ["Esc", "Close the details, back to the row"],
];

const STATES: readonly (readonly [ShownState, string])[] = [
  ["Failure", "It is failing now: a crash loop, an image that cannot be pulled, a container that cannot start."],
  ["Sent", "It fails, and the alert has been handed over to the monitoring service."],
  ["Warning", "It has crossed the restart threshold, or another sign of trouble lasts."],
  ["Unknown", "Its namespace is not confirmed now: nobody can tell."],
  ["Normal", "Nothing to worry about."],
];

export function HelpDialog({ close }: { readonly close: () => void }) {
  const { keys } = usePreferences();
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="help-title" aria-describedby="help-body">
      <ModalHeader title="Keyboard and help" labelId="help-title" />
      <ModalBody id="help-body">
        <dl className="pw-keys">
          {KEYS.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <Switch
          id="keys"
          label="The keys / and ? are on"
          isChecked={keys}
          onChange={(_event, isOn) => setPreferences({ keys: isOn })}
        />
        <h2 className="pw-heading">What the states mean</h2>
        <dl className="pw-states">
          {STATES.map(([state, what]) => (
            <div key={state}>
              <dt>
                <StateLabel state={state} />
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </ModalBody>
      <ModalFooter>
        <Button onClick={close}>Close</Button>
      </ModalFooter>
    </Modal>
  );
}
