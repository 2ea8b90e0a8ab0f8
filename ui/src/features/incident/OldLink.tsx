import { useEffect } from "react";
import { ApiError, call } from "../../api.ts";
import { LoadingLines } from "../../common/Panel.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { useApp } from "../../context.ts";
import { readIncidentQuery, writeIncidentQuery } from "../../state/incident-query.ts";
import { getLocation, goTo, replaceSearch } from "../../state/location.ts";

/** An address of version 1 names a container: it leads to the incident of the container, or to the container itself. */
export function OldLink({ row }: { readonly row: string }) {
  const app = useApp();
  const loaded = useLoad(row, async (signal) => {
    const [namespace = "", pod = ""] = row.split("/");
    const owner = app.store.get()?.rows.get(row)?.owner ?? (await ownerOf(row, signal));
    const key = `${namespace}/${owner ?? `Pod/${pod}`}`;
    try {
      const { incident } = await call("GET incidents/{id}", { path: { id: key }, signal });
      return incident.phase === "resolved" ? undefined : incident.id;
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) return undefined;
      throw error;
    }
  });
  const { data, isLoading } = loaded;
  useEffect(() => {
    if (isLoading) return;
    const query = readIncidentQuery(getLocation().search);
    if (data === undefined) goTo("containers", { open: row });
    else replaceSearch(writeIncidentQuery({ ...query, open: data, pod: row }));
  }, [isLoading, data, row]);
  return <LoadingLines label="Loading the details" />;
}

async function ownerOf(id: string, signal: AbortSignal): Promise<string | undefined> {
  const details = await call("GET containers/{id}", { path: { id }, signal }).catch(() => undefined);
  return details?.row.owner;
}
