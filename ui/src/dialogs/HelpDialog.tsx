import { Button, Modal, ModalBody, ModalFooter, ModalHeader, Switch } from "@patternfly/react-core";
import type { RowSeverity } from "../../../src/core/view/row.ts";
import { Chip } from "../common/Chip.tsx";
import { SeverityPill } from "../common/severity.tsx";
import { setPreferences, usePreferences } from "../state/preferences.ts";

const KEYS: readonly (readonly [key: string, action: string])[] = [
  ["j k", "Next and previous incident"],
  ["o", "Open the incident in the focus"],
  ["a", "Acknowledge it"],
  ["s", "Silence it"],
  ["l", "Its log"],
  ["x", "Select it"],
  ["c", "Copy its first command"],
  ["1 – 4", "The views of the incidents"],
  ["g i, g c, g s, g n", "Incidents, Containers, Silences, Notifications"],
  ["e, t", "Events and timeline of the open incident"],
  ["p", "Pause and resume"],
  ["w", "Wall: for a large screen; Esc leaves it"],
  ["/", "Search"],
  ["?", "This help"],
  ["Enter", "Open the details of the focused row"],
  ["Esc", "Close the details and return to the row"],
];

const SEVERITIES: readonly (readonly [RowSeverity, string])[] = [
  [
    "critical",
    "Failing now: for example a crash loop, an image that cannot be pulled, or pods that cannot be created.",
  ],
  ["unknown", "Not known: Pod Watcher cannot see the namespace. It may be worse than anything else."],
  ["warning", "The restart threshold was crossed, or another problem that is not critical persists."],
  ["normal", "No alert fires."],
];

const HANDLING: readonly (readonly [string, string])[] = [
  ["Notified", "A receiver or the monitoring system has the alert. The severity stays as it is."],
  ["Acknowledged", "Someone works on it. The alert still fires, without reminders."],
  ["Silenced", "No notifications until a time that someone chose."],
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
          label="Use single keys"
          isChecked={keys}
          onChange={(_event, isOn) => setPreferences({ keys: isOn })}
        />
        <h2 className="pw-heading">Severity</h2>
        <dl className="pw-states">
          {SEVERITIES.map(([severity, meaning]) => (
            <div key={severity}>
              <dt>
                <SeverityPill severity={severity} />
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <h2 className="pw-heading">Handling</h2>
        <dl className="pw-states">
          {HANDLING.map(([state, meaning]) => (
            <div key={state}>
              <dt>
                <Chip outline>{state}</Chip>
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
