/** Names that objects of JavaScript inherit are valid names in Kubernetes, and words of a search. */
import { expect, it } from "vitest";
import { setStage } from "../support/running-app.ts";

const NAME = "constructor";

it("a namespace, a workload, a container and a label named constructor are watched like any other", async () => {
  await using stage = await setStage({ namespaces: [NAME] });
  stage.cluster.createDeployment({
    namespace: NAME,
    name: NAME,
    labels: { app: NAME, [NAME]: NAME },
    annotations: { [NAME]: NAME, [`pod-watcher.io/${NAME}`]: NAME },
    containers: [{ name: NAME, image: NAME }],
  });
  await using app = await stage.start();
  await expect.poll(() => stage.cluster.pods(`${NAME}/${NAME}`)[0]?.status.phase).toBe("Running");
  await stage.cluster.crash(`${NAME}/${NAME}`, { times: 4 });
  const pod = stage.cluster.pod(`${NAME}/${NAME}`).metadata.name;
  const get = async (path: string) => app.get<{ items: { id: string }[]; rows: { id: string }[] }>(path);
  await expect.poll(async () => (await get("/api/v1/incidents")).body.items.map(({ id }) => id)).toHaveLength(1);
  const row = encodeURIComponent(`${NAME}/${pod}/${NAME}`);
  for (const path of [
    "/status",
    "/plain",
    "/pod-restart-alerts",
    "/metrics",
    "/api/v1/state",
    `/api/v1/explain?namespace=${NAME}&pod=${pod}&container=${NAME}`,
    `/api/v1/containers/${row}`,
    `/api/v1/history?row=${row}`,
    `/api/v1/incidents/${encodeURIComponent(`${NAME}/Deployment/${NAME}`)}`,
  ]) {
    expect([path, (await get(path)).status]).toEqual([path, 200]);
  }
  for (const word of [NAME, "toString", "valueOf", "hasOwnProperty", "__proto__", "__defineGetter__"]) {
    for (const path of ["state", "state.csv", "incidents", "alerts", "history", "silences"]) {
      for (const query of [`q=${word}:x`, `q=-${word}:x`, `view=${word}`, `severity=${word}`, `matcher=${word}%3Dx`]) {
        const { status } = await get(`/api/v1/${path}?${query}`);
        expect([path, query, status < 500]).toEqual([path, query, true]);
      }
    }
  }
});
