/** The types of /api/v1 for the page, all inferred from the schemas. Types only: the page does not load zod. */
import type { z } from "zod";
import type { AcknowledgeResponse, acknowledgeRequest, unacknowledgeRequest } from "../schemas/acknowledge.ts";
import type { ConfigView } from "../schemas/config.ts";
import type { Details, Events, Log } from "../schemas/details.ts";
import type { HealthDetails } from "../schemas/health.ts";
import type { HistoryEntry, historyQuery } from "../schemas/history.ts";
import type { IncidentDetails } from "../schemas/incident-details.ts";
import type {
  IncidentsChanged,
  incidentAcknowledge,
  incidentQuery,
  incidentsAcknowledge,
  incidentsSilence,
  incidentsUnacknowledge,
  incidentUnacknowledge,
} from "../schemas/incident-requests.ts";
import type { IncidentList } from "../schemas/incidents.ts";
import type { Me } from "../schemas/permissions.ts";
import type { ReceiverView, TestResult } from "../schemas/receivers.ts";
import type { previewRequest, Silence, SilencePreview, silenceRequest } from "../schemas/silences.ts";
import type { State, stateQuery } from "../schemas/state.ts";

export type { AcknowledgeResponse } from "../schemas/acknowledge.ts";
export type { ConfigEntry, ConfigGroup, ConfigView } from "../schemas/config.ts";
export type { Details, Events, EventView, Log, Timeline, TimelineMark } from "../schemas/details.ts";
export type { SignIn } from "../schemas/fields.ts";
export type { Health, HealthDetails, NamespaceHealth, NamespaceView } from "../schemas/health.ts";
export type { ActionEntry, HistoryEntry, NotificationEntry } from "../schemas/history.ts";
export type {
  IncidentDetails,
  IncidentPod,
  IncidentRevision,
  IncidentTimelineEntry,
} from "../schemas/incident-details.ts";
export type { IncidentsChanged } from "../schemas/incident-requests.ts";
export type {
  Incident,
  IncidentChange,
  IncidentList,
  IncidentNow,
  Quiet,
  SharedCause,
} from "../schemas/incidents.ts";
export type { Can, Me, Permission } from "../schemas/permissions.ts";
export type { ReceiverView } from "../schemas/receivers.ts";
export type { Problem, Silence, SilencePreview, SilenceRepeat, SilenceScope } from "../schemas/silences.ts";
export type {
  Ack,
  Paging,
  Row,
  RowSilence,
  State,
  StateQuery,
} from "../schemas/state.ts";
export type { IncidentsEvent, Patch, StreamEvent } from "../schemas/stream.ts";

export interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly next?: string | undefined;
}

/** A request as the page writes it: times are numbers, what has a default may be left out. */
type Request<Schema extends z.ZodType> = Pick<z.output<Schema>, Extract<keyof z.output<Schema>, RequiredKeys<Schema>>> &
  Partial<z.output<Schema>>;
type RequiredKeys<Schema extends z.ZodType> = {
  [Name in keyof z.input<Schema>]-?: object extends Pick<z.input<Schema>, Name> ? never : Name;
}[keyof z.input<Schema>];

export type SilenceRequest = Request<typeof silenceRequest>;
export type IncidentQuery = Partial<z.output<typeof incidentQuery>>;
export type HistoryQuery = Omit<Request<typeof historyQuery>, "kind"> & { readonly kind?: string };

type Nothing = Readonly<Record<string, never>> | undefined;

/** The calls of the page. `{id}` is percent-encoded as one path segment. */
export interface Calls {
  "GET me": { readonly answer: Me };
  "POST session": { readonly body: { readonly token: string }; readonly answer: Me };
  "DELETE session": { readonly answer: Nothing };
  "GET state": { readonly query: z.output<typeof stateQuery>; readonly answer: State };
  "GET health": { readonly answer: HealthDetails };
  "GET config": { readonly answer: ConfigView };
  "GET incidents": { readonly query: IncidentQuery; readonly answer: IncidentList };
  "GET incidents/{id}": { readonly answer: IncidentDetails };
  "POST incidents/{id}/acknowledge": {
    readonly body: Request<typeof incidentAcknowledge>;
    readonly answer: IncidentsChanged;
  };
  "POST incidents/{id}/unacknowledge": {
    readonly body: Request<typeof incidentUnacknowledge>;
    readonly answer: IncidentsChanged;
  };
  "POST incidents/acknowledge": {
    readonly body: Request<typeof incidentsAcknowledge>;
    readonly answer: IncidentsChanged;
  };
  "POST incidents/unacknowledge": {
    readonly body: Request<typeof incidentsUnacknowledge>;
    readonly answer: IncidentsChanged;
  };
  "POST incidents/silence": { readonly body: Request<typeof incidentsSilence>; readonly answer: IncidentsChanged };
  "GET containers/{id}": { readonly answer: Details };
  "GET containers/{id}/events": { readonly answer: Events };
  "GET containers/{id}/log": {
    readonly query: { readonly previous: boolean; readonly lines: number };
    readonly answer: Log;
  };
  "GET history": { readonly query: HistoryQuery; readonly answer: Page<HistoryEntry> };
  "POST acknowledge": { readonly body: Request<typeof acknowledgeRequest>; readonly answer: AcknowledgeResponse };
  "POST unacknowledge": { readonly body: Request<typeof unacknowledgeRequest>; readonly answer: AcknowledgeResponse };
  "GET silences": { readonly answer: { readonly silences: readonly Silence[] } };
  "POST silences/preview": { readonly body: Request<typeof previewRequest>; readonly answer: SilencePreview };
  "PUT silences/{id}": { readonly body: SilenceRequest; readonly answer: Silence };
  "DELETE silences/{id}": { readonly answer: Silence };
  "GET receivers": { readonly answer: { readonly receivers: readonly ReceiverView[] } };
  "POST receivers/{name}/test": { readonly answer: TestResult };
  "POST notifications/{id}/resend": { readonly answer: Nothing };
}
