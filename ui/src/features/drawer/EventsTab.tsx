import { Button, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import InfoCircleIcon from "@patternfly/react-icons/dist/esm/icons/info-circle-icon";
import type { EventView } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { EvidenceNote } from "../../common/EvidenceNote.tsx";
import { Panel } from "../../common/Panel.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { useApp } from "../../context.ts";

export function EventsTab({ id }: { readonly id: string }) {
  const loaded = useLoad(id, (signal) => call("GET containers/{id}/events", { path: { id }, signal }));
  return (
    <div className="pw-tab-body">
      <div className="pw-tab-tools">
        <Button variant="link" isInline onClick={loaded.reload}>
          Refresh
        </Button>
      </div>
      <Panel loaded={loaded} what="events">
        {({ events, reason, storedAt }) =>
          events.length === 0 ? (
            <EmptyState titleText="No events" headingLevel="h3" variant="sm">
              <EmptyStateBody>{reason ?? "Kubernetes keeps events for about an hour."}</EmptyStateBody>
            </EmptyState>
          ) : (
            <>
              {storedAt !== undefined && <EvidenceNote at={storedAt} />}
              <ol className="pw-events">
                {events.map((event, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity here, and the list is replaced as a whole
                  <EventLine key={index} event={event} />
                ))}
              </ol>
            </>
          )
        }
      </Panel>
    </div>
  );
}

function EventLine({ event }: { readonly event: EventView }) {
  const { store } = useApp();
  const isWarning = event.type === "Warning";
  const now = store.clock.now();
  return (
    <li>
      <span className={isWarning ? "pw-event-icon pw-event-warning" : "pw-event-icon"}>
        {isWarning ? <ExclamationTriangleIcon /> : <InfoCircleIcon />}
        <span className="pf-v6-screen-reader">{event.type}</span>
      </span>
      <div>
        <p>
          <strong>{event.reason}</strong>
          {event.count > 1 && <span className="pw-muted"> × {event.count}</span>}
        </p>
        <p className="pw-break">{event.message}</p>
        <p className="pw-muted">
          {event.lastSeenAt !== undefined && (
            <>
              last <When at={event.lastSeenAt} now={now} as="relative" />
            </>
          )}
          {event.firstSeenAt !== undefined && event.count > 1 && (
            <>
              , first <When at={event.firstSeenAt} now={now} as="relative" />
            </>
          )}
          {event.source !== undefined && ` · ${event.source}`}
        </p>
      </div>
    </li>
  );
}
