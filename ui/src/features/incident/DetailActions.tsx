import { Button, Spinner } from "@patternfly/react-core";
import type { Incident, IncidentDetails } from "../../../../src/http/base/api-types.ts";
import { copyWithToast } from "../../actions.ts";
import { refusal, useApp, useCan, useData } from "../../context.ts";
import { consoleOf } from "../../format/commands.ts";
import { incidentName } from "../../format/incident.ts";
import { acknowledgeIncidents, unacknowledgeIncidents } from "../../incident-actions.ts";
import type { Acting } from "../../state/acting.ts";
import { useValue } from "../../state/value.ts";

interface DetailActionsProps {
  readonly incident: Incident;
  readonly steps: IncidentDetails["steps"];
}

/** The same actions as in the row, as buttons; on a phone they stay at the bottom edge. */
export function DetailActions({ incident, steps }: DetailActionsProps) {
  const app = useApp();
  const can = useCan();
  const { meta } = useData();
  const acting = useValue(app.acting).get(incident.id);
  const { handling, namespace, row, phase } = incident;
  const link = consoleOf(incident, meta.consoleUrl);
  const ackRefusal = phase === "resolved" ? "it is resolved" : refusal(can, "ack", namespace);
  const silenceRefusal = refusal(can, "silence", namespace);
  const command = steps.find((step) => step.command !== undefined)?.command;
  const isAcknowledged = handling.ack !== undefined;
  return (
    <div className="pw-incident-actions">
      <Button
        variant={isAcknowledged ? "secondary" : "primary"}
        isAriaDisabled={ackRefusal !== undefined}
        title={ackRefusal}
        onClick={() =>
          isAcknowledged
            ? unacknowledgeIncidents(app, { incidents: [incident] })
            : acknowledgeIncidents(app, { incidents: [incident] })
        }
      >
        {acting?.phase === "started" && <Spinner size="sm" aria-label="In progress" />}{" "}
        {isAcknowledged ? "Unacknowledge" : "Acknowledge"}
      </Button>
      <Button
        variant="secondary"
        isAriaDisabled={silenceRefusal !== undefined}
        title={silenceRefusal}
        onClick={() =>
          app.dialog.set({ kind: "silence-incidents", chosen: { incidents: [incident] }, length: undefined })
        }
      >
        Silence…
      </Button>
      {row !== undefined && (
        <Button
          variant="secondary"
          onClick={() => app.dialog.set({ kind: "log", row, title: incidentName(incident).name })}
        >
          Logs
        </Button>
      )}
      {link !== undefined && (
        <Button variant="secondary" component="a" href={link} target="_blank" rel="noreferrer">
          Console
        </Button>
      )}
      {command !== undefined && (
        <Button variant="link" id="copy-first" onClick={() => void copyWithToast(app, command, command)}>
          Copy command
        </Button>
      )}
      <ActingLine acting={acting} />
    </div>
  );
}

function ActingLine({ acting }: { readonly acting: Acting | undefined }) {
  if (acting === undefined || acting.phase === "started") return null;
  return (
    <span role="status" className="pw-sub">
      {acting.phase === "waiting" && "Waiting for the server…"}
      {acting.phase === "silent" && (
        <>
          No answer yet. It may still be done.{" "}
          <Button variant="link" isInline onClick={acting.retry}>
            Retry
          </Button>
        </>
      )}
      {acting.phase === "done" && acting.undo !== undefined && (
        <Button variant="link" isInline onClick={acting.undo}>
          Undo
        </Button>
      )}
    </span>
  );
}
