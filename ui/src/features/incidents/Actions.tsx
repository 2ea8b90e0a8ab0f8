import { Dropdown, DropdownItem, DropdownList, MenuToggle, Spinner } from "@patternfly/react-core";
import EllipsisVIcon from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { type Ref, useState } from "react";
import type { Can, Incident } from "../../../../src/http/base/api-types.ts";
import { copyWithToast } from "../../actions.ts";
import { refusal, useApp, useData } from "../../context.ts";
import { commandForIncident, consoleOf } from "../../format/commands.ts";
import { incidentName } from "../../format/incident.ts";
import { acknowledgeIncidents, unacknowledgeIncidents } from "../../incident-actions.ts";
import type { Acting } from "../../state/acting.ts";
import { openIncident, visitIncident } from "../../state/open-incident.ts";

interface ActionsProps {
  readonly incident: Incident;
  readonly can: Can;
  readonly acting: Acting | undefined;
  /** Room for all actions: also those that are in the menu otherwise. */
  readonly isWide?: boolean;
}

/** The actions of a row, with text, and the outcome of the last one. */
export function Actions({ incident, can, acting, isWide = false }: ActionsProps) {
  const app = useApp();
  const { meta } = useData();
  const { handling, phase, namespace, row, kind } = incident;
  const { name } = incidentName(incident);
  if (acting !== undefined && acting.phase !== "started") return <Progress incident={incident} acting={acting} />;
  const isOpen = phase !== "resolved";
  const ackRefusal = refusal(can, "ack", namespace);
  const silenceRefusal = refusal(can, "silence", namespace);
  const link = consoleOf(incident, meta.consoleUrl);
  return (
    <span className="pw-acts">
      {isOpen && handling.silenced === undefined && (
        <LinkButton
          text={handling.ack === undefined ? "Acknowledge" : "Unacknowledge"}
          of={name}
          refusal={ackRefusal}
          isBusy={acting?.phase === "started"}
          onClick={() =>
            handling.ack === undefined
              ? acknowledgeIncidents(app, { incidents: [incident] })
              : unacknowledgeIncidents(app, { incidents: [incident] })
          }
        />
      )}
      {isOpen && (
        <LinkButton
          text="Silence"
          of={name}
          refusal={silenceRefusal}
          onClick={() =>
            app.dialog.set({ kind: "silence-incidents", chosen: { incidents: [incident] }, length: undefined })
          }
        />
      )}
      {row !== undefined && kind !== "namespace" ? (
        <LinkButton text="Logs" of={name} onClick={() => app.dialog.set({ kind: "log", row, title: name })} />
      ) : (
        <LinkButton text="Copy command" of={name} onClick={() => void copyIncidentCommand(app, incident)} />
      )}
      {isWide && link !== undefined && (
        <a className="pf-v6-c-button pf-m-link pf-m-small" href={link} target="_blank" rel="noreferrer">
          Console
        </a>
      )}
      {isWide && row !== undefined && (
        <LinkButton text="Copy command" of={name} onClick={() => void copyIncidentCommand(app, incident)} />
      )}
      {!isWide && <More incident={incident} name={name} link={link} />}
    </span>
  );
}

export async function copyIncidentCommand(app: ReturnType<typeof useApp>, incident: Incident): Promise<void> {
  const command = commandForIncident(incident, app.store.get()?.meta.cli ?? "kubectl");
  await copyWithToast(app, command, command);
}

interface LinkButtonProps {
  readonly text: string;
  /** The incident, for screen readers. */
  readonly of: string;
  readonly refusal?: string | undefined;
  readonly isBusy?: boolean;
  readonly onClick: () => void;
}

/** The markup of PatternFly's link button without its component: a page has more than a hundred. */
function LinkButton({ text, of, refusal: refused, isBusy = false, onClick }: LinkButtonProps) {
  return (
    <button
      type="button"
      className={`pf-v6-c-button pf-m-link pf-m-small${refused === undefined ? "" : " pf-m-aria-disabled"}`}
      aria-label={`${text} ${of}${refused === undefined ? "" : `: ${refused}`}`}
      aria-disabled={refused !== undefined || isBusy || undefined}
      title={refused}
      onClick={refused === undefined && !isBusy ? onClick : undefined}
    >
      {isBusy && <Spinner size="sm" aria-label="In progress" />} {text}
    </button>
  );
}

/** From 2 s on an action that is under way takes the place of the buttons; when it is done, it can be undone there. */
function Progress({ incident, acting }: { readonly incident: Incident; readonly acting: Acting }) {
  const { acting: all, dialog } = useApp();
  const { phase, undo, retry, what } = acting;
  const { name } = incidentName(incident);
  if (phase === "waiting") {
    return (
      <span className="pw-acts" role="status">
        <Spinner size="sm" aria-label="In progress" /> Waiting for the server…
      </span>
    );
  }
  if (phase === "silent") {
    return (
      <span className="pw-acts" role="status">
        No answer yet. It may still be done.
        <LinkButton text="Retry" of={name} onClick={retry} />
        <LinkButton text="Stop waiting" of={name} onClick={() => all.end([incident.id])} />
      </span>
    );
  }
  return (
    <span className="pw-acts" role="status">
      {what === "acknowledge" ? "Acknowledged." : "No longer acknowledged."}
      {undo !== undefined && <LinkButton text="Undo" of={name} onClick={undo} />}
      {what === "acknowledge" && (
        <LinkButton
          text="Add a note"
          of={name}
          onClick={() => dialog.set({ kind: "ack-incidents", incidents: [incident] })}
        />
      )}
    </span>
  );
}

interface MoreProps {
  readonly incident: Incident;
  readonly name: string;
  readonly link: string | undefined;
}

function More({ incident, name, link }: MoreProps) {
  const app = useApp();
  const [isOpen, setOpen] = useState(false);
  const toggle = (ref?: Ref<HTMLButtonElement>) => (
    <MenuToggle
      {...(ref === undefined ? {} : { ref })}
      variant="plain"
      className="pw-more"
      aria-label={`More actions for ${name}`}
      isExpanded={isOpen}
      onClick={() => setOpen(!isOpen)}
      icon={<EllipsisVIcon set="default" />}
    />
  );
  // The menu of each of forty rows would be most of the page's elements.
  if (!isOpen) return toggle();
  return (
    <Dropdown
      isOpen
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "right" }}
      toggle={toggle}
    >
      <DropdownList>
        {link !== undefined && (
          <DropdownItem to={link} isExternalLink rel="noreferrer" target="_blank">
            Console
          </DropdownItem>
        )}
        <DropdownItem onClick={() => void copyIncidentCommand(app, incident)}>Copy the command</DropdownItem>
        <DropdownItem onClick={() => openIncident(incident.id)}>Open the details</DropdownItem>
        <DropdownItem onClick={() => visitIncident(incident.key)}>Open as a page</DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}
