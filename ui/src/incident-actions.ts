import type { Incident, IncidentsChanged } from "../../src/http/base/api-types.ts";
import { failed } from "./actions.ts";
import { call } from "./api.ts";
import type { App } from "./app.ts";
import { incidentName } from "./format/incident.ts";
import { list, plural } from "./format/text.ts";
import type { ChosenIncidents } from "./state/dialog.ts";
import { getPreferences } from "./state/preferences.ts";

/**
 * Runs an action that is recorded with a name. Where no one signs in, the name is asked for once, because "anonymous"
 * says to no one who works on it.
 */
export function withName(app: App, run: (by: string | undefined) => void): void {
  if (app.me.get()?.mode !== "none") run(undefined);
  else if (getPreferences().name !== "") run(getPreferences().name);
  else app.dialog.set({ kind: "name", run });
}

interface AcknowledgeOptions {
  readonly note?: string;
  readonly notifyOnWorsening?: boolean;
}

export function acknowledgeIncidents(app: App, chosen: ChosenIncidents, options: AcknowledgeOptions = {}): void {
  withName(app, (by) => {
    const body = { ...idsOf(chosen), ...options, ...(by === undefined ? {} : { by }) };
    void act(app, chosen, {
      what: "acknowledge",
      send: () => call("POST incidents/acknowledge", { body }),
      retry: () => acknowledgeIncidents(app, chosen, options),
      undo: (changed) => unacknowledgeIncidents(app, { incidents: changed }),
    });
  });
}

export function unacknowledgeIncidents(app: App, chosen: ChosenIncidents): void {
  withName(app, (by) => {
    const body = { ...idsOf(chosen), ...(by === undefined ? {} : { by }) };
    void act(app, chosen, {
      what: "unacknowledge",
      send: () => call("POST incidents/unacknowledge", { body }),
      retry: () => unacknowledgeIncidents(app, chosen),
      undo: undefined,
    });
  });
}

interface Action {
  readonly what: "acknowledge" | "unacknowledge";
  readonly send: () => Promise<IncidentsChanged>;
  readonly retry: () => void;
  readonly undo: ((changed: readonly Incident[]) => void) | undefined;
}

/** Sends an action and shows its progress in the rows. */
async function act(app: App, chosen: ChosenIncidents, { what, send, retry, undo }: Action): Promise<void> {
  const listed = app.incidents.get().list?.items ?? [];
  const touched = "incidents" in chosen ? chosen.incidents : listed;
  const ids = touched.map(({ id }) => id);
  app.acting.begin(ids, { what, retry });
  try {
    const { items, skipped } = await send();
    app.acting.end(ids);
    app.incidents.merge(items);
    if (items.length > 0) {
      app.acting.done(
        items.map(({ id }) => id),
        { what, retry, undo: undo === undefined ? undefined : () => undo(items) },
      );
      app.announcer.announce(`${what === "acknowledge" ? "Acknowledged" : "No longer acknowledged"}: ${about(items)}.`);
    }
    if (skipped.length > 0) {
      app.toasts.add({
        variant: "info",
        title: `${plural(skipped.length, "incident")} not changed`,
        detail: skipped
          .slice(0, 5)
          .map(({ id, reason }) => `${id.replace(/@.*/, "")}: ${reason}`)
          .join("\n"),
      });
    }
    app.incidents.reload();
  } catch (error) {
    app.acting.end(ids);
    const verb = what === "acknowledge" ? "could not be acknowledged" : "could not be unacknowledged";
    failed(app, `${"incidents" in chosen ? about(touched) : plural(chosen.count, "incident")} ${verb}`, error, retry);
  }
}

export function idsOf(chosen: ChosenIncidents): { ids: string[] } | { filter: Readonly<Record<string, string>> } {
  return "incidents" in chosen ? { ids: chosen.incidents.map(({ id }) => id) } : { filter: chosen.filter };
}

export function about(incidents: readonly Incident[]): string {
  const names = incidents.map((incident) => incidentName(incident).name);
  return names.length === 1 ? list(names) : `${plural(names.length, "incident")} (${list(names, 2)})`;
}
