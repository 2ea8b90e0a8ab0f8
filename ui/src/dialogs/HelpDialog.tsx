import { Button, Modal, ModalBody, ModalFooter, ModalHeader, Switch } from "@patternfly/react-core";
import type { ShownState } from "../../../src/core/model/row-state.ts";
import { StateLabel } from "../common/StateLabel.tsx";
import { setPreferences, usePreferences } from "../state/preferences.ts";

const KEYS: readonly (readonly [key: string, action: string])[] = [
  ["/", "Search"],
  ["?", "This help"],
  ["Enter", "Open the details of the focused row"],
  ["Esc", "Close the details and return to the row"],
];

const STATES: readonly (readonly [ShownState, string])[] = [
  ["Failure", "Failing now, and nobody was notified yet: for example a crash loop or an image that cannot be pulled."],
  ["Sent", "Failing now, and a receiver or the monitoring system has the alert."],
  ["Warning", "The restart threshold was crossed, or another problem that is not critical persists."],
  ["Unknown", "State unknown: the namespace's watch is out of sync."],
  ["Normal", "No problems."],
];

export function HelpDialog({ close }: { readonly close: () => void }) {
  const { keys } = usePreferences();
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="help-title" aria-describedby="help-body">
      <ModalHeader title="Keyboard and help" labelId="help-title" />
      <ModalBody id="help-body">
        <dl className="pw-keys">
          {KEYS.map(([key, action]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{action}</dd>
            </div>
          ))}
        </dl>
        <Switch
          id="keys"
          label="Use the keys / and ?"
          isChecked={keys}
          onChange={(_event, isOn) => setPreferences({ keys: isOn })}
        />
        <h2 className="pw-heading">States</h2>
        <dl className="pw-states">
          {STATES.map(([state, meaning]) => (
            <div key={state}>
              <dt>
                <StateLabel state={state} />
              </dt>
              <dd>{meaning}</dd>
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
