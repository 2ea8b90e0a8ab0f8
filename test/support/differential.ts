import { buildPod } from "../../packages/simulator/src/model/pod-template.ts";
import { VIEW, VIEW_AND_WRITE_EVENTS } from "../../packages/simulator/src/server/access.ts";
import { startSimulator } from "../../packages/simulator/src/simulator.ts";
import { type RawClient, type Response, rawClient } from "../../packages/simulator/test/raw-client.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { openRealCluster } from "./real-cluster.ts";

/** The answer of a server, without the values that differ from run to run. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** One object, or the events of a watch. */
  readonly body: unknown;
}

export interface Answers {
  readonly simulated: Answer;
  readonly real: Answer;
}

export interface Asked {
  /** Default "viewer": a service account with the role view in the namespace. */
  readonly as?: "viewer" | "editor" | "nobody";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
  /** Instead of `body`. */
  readonly text?: string;
}

/** The simulator and a real API server with the same namespaces, accounts and pods. */
export interface Differential extends AsyncDisposable {
  /** Whether the real one has WatchList, so that it is not an old version whose errors differ. */
  readonly watchList: boolean;
  readonly namespace: string;
  /**
   * Sends a request to both. In its path, NAMESPACE and OTHER are the namespaces, CURRENT is the resourceVersion of the
   * newest pod, and FUTURE is one that does not exist yet.
   */
  ask(method: string, path: string, asked?: Asked): Promise<Answers>;
  /** The pages after the first. */
  nextPages(path: string): Promise<Answers[]>;
  /** Watches both for some seconds (default 4) while `act` acts. */
  watchDuring(path: string, act: () => Promise<void>, seconds?: number): Promise<Answers>;
  createPod(name: string): Promise<void>;
  createJob(name: string): Promise<void>;
  setPhase(name: string, phase: "Running"): Promise<void>;
  deletePod(name: string): Promise<void>;
}

interface Side {
  readonly clients: Readonly<Record<NonNullable<Asked["as"]>, RawClient>>;
  current(): string;
}

export async function openDifferential(kubeconfig: string): Promise<Differential> {
  const cluster = await openRealCluster(kubeconfig);
  const [namespace, other] = cluster.namespaces;
  const watchList = await hasWatchList();
  const simulator = await startSimulator({
    clock: systemClock,
    namespaces: [namespace, other],
    watchList,
    quiet: true,
  });
  const serviceAccount = (name: string) => `${namespace}:${name}`;

  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await cluster.request("POST", accounts, { metadata: { name: "editor" } });
  await cluster.request("POST", `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name: "editor" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
    subjects: [{ kind: "ServiceAccount", name: "editor", namespace }],
  });
  const issued = (await cluster.request("POST", `${accounts}/editor/token`, { spec: {} })) as {
    status: { token: string };
  };

  const realVersions = { newest: "" };
  const podPath = (name = "") => `/api/v1/namespaces/${namespace}/pods${name && `/${name}`}`;
  const clientsOf = (url: string, ca: string, viewer: string, editor: string): Side["clients"] => ({
    viewer: rawClient({ url, ca, token: viewer, http: 1 }),
    editor: rawClient({ url, ca, token: editor, http: 1 }),
    nobody: rawClient({ url, ca, http: 1 }),
  });
  const real: Side = {
    clients: clientsOf(`https://${cluster.host}`, cluster.ca ?? "", cluster.token, issued.status.token),
    current: () => realVersions.newest,
  };
  const simulated: Side = {
    clients: clientsOf(
      simulator.url,
      simulator.caPem,
      simulator.token([namespace], { serviceAccount: serviceAccount("watcher"), rules: VIEW }),
      simulator.token([namespace], { serviceAccount: serviceAccount("editor"), rules: VIEW_AND_WRITE_EVENTS }),
    ),
    current: () => simulator.cluster.storage.resourceVersion(simulator.cluster.storage.revision()),
  };

  const send = (side: Side, method: string, path: string, { as = "viewer", headers = {}, body, text }: Asked = {}) =>
    side.clients[as].send(
      method,
      path
        .replace("NAMESPACE", namespace)
        .replace("OTHER", other)
        .replace("CURRENT", side.current())
        .replace("FUTURE", String(Number(side.current()) + 1_000_000)),
      headers,
      text ?? (body === undefined ? undefined : JSON.stringify(body)),
    );
  const each = async (of: (side: Side) => Promise<Answer>): Promise<Answers> => {
    const [one, two] = await Promise.all([of(simulated), of(real)]);
    return { simulated: one, real: two };
  };
  const remember = (pod: unknown) => {
    realVersions.newest = (pod as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  };

  return {
    watchList,
    namespace,
    ask: (method, path, asked) => each(async (side) => answerOf(await send(side, method, path, asked))),
    nextPages: async (path) => {
      const tokens = new Map<Side, string>();
      const first = async (side: Side) => {
        const { metadata } = (await (await send(side, "GET", path)).json()) as { metadata: { continue: string } };
        tokens.set(side, metadata.continue);
      };
      await Promise.all([first(simulated), first(real)]);
      const pages: Answers[] = [];
      while (tokens.size === 2) {
        pages.push(
          await each(async (side) => {
            const response = await send(side, "GET", `${path}&continue=${tokens.get(side)}`);
            const text = await response.text();
            const { metadata } = JSON.parse(text) as { metadata: { continue?: string } };
            if (metadata.continue) tokens.set(side, metadata.continue);
            else tokens.delete(side);
            return answerOf({ ...response, text: async () => text });
          }),
        );
      }
      return pages;
    },
    watchDuring: async (path, act, seconds = 4) => {
      const watches = each(async (side) => answerOf(await send(side, "GET", `${path}&timeoutSeconds=${seconds}`)));
      await act();
      return watches;
    },
    createPod: async (name) => {
      simulator.cluster.put(
        buildPod({ namespace, name }, { labels: { app: name } }, systemClock.now(), systemClock.random),
      );
      remember(
        await cluster.request("POST", podPath(), {
          metadata: { name, labels: { app: name } },
          spec: { schedulerName: "nobody", containers: [{ name: "app", image: "registry.invalid/app:1" }] },
        }),
      );
    },
    createJob: async (name) => {
      simulator.cluster.createJob({ namespace, name });
      await cluster.request("POST", `/apis/batch/v1/namespaces/${namespace}/jobs`, {
        metadata: { name },
        spec: {
          suspend: true,
          template: {
            spec: { restartPolicy: "Never", containers: [{ name: "app", image: "registry.invalid/app:1" }] },
          },
        },
      });
    },
    setPhase: async (name, phase) => {
      const pod = simulator.cluster.storage.pods.get(namespace, name)?.object;
      if (pod !== undefined) simulator.cluster.put({ ...pod, status: { ...pod.status, phase } });
      const patch = { status: { phase } };
      remember(await cluster.request("PATCH", `${podPath(name)}/status`, patch, "application/merge-patch+json"));
    },
    deletePod: async (name) => {
      const pod = simulator.cluster.storage.pods.get(namespace, name)?.object;
      if (pod !== undefined) {
        const deletionTimestamp = new Date().toISOString();
        simulator.cluster.put({
          ...pod,
          metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 },
        });
      }
      simulator.cluster.removePod(name);
      remember(await cluster.request("DELETE", `${podPath(name)}?gracePeriodSeconds=0`));
    },
    [Symbol.asyncDispose]: async () => {
      for (const side of [simulated, real]) for (const client of Object.values(side.clients)) client[Symbol.dispose]();
      await simulator[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };

  async function hasWatchList(): Promise<boolean> {
    const [namespace] = cluster.namespaces;
    const query =
      "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1";
    using client = rawClient({ url: `https://${cluster.host}`, ca: cluster.ca ?? "", token: cluster.token, http: 1 });
    const response = await client.get(`/api/v1/namespaces/${namespace}/pods?${query}`);
    await response.text();
    return response.status === 200;
  }
}

/** Headers that say something about the answer. */
const HEADERS = ["content-type", "content-encoding", "retry-after", "www-authenticate", "location"];

async function answerOf(response: Pick<Response, "status" | "headers" | "text">): Promise<Answer> {
  const text = await response.text();
  const headers = Object.fromEntries(
    HEADERS.flatMap((name) => (response.headers[name] ? [[name, response.headers[name]]] : [])),
  );
  return { status: response.status, headers, body: bodyOf(text, String(response.headers["content-type"])) };
}

function bodyOf(text: string, contentType: string): unknown {
  if (!contentType.startsWith("application/json")) return contentType.startsWith("text/") ? text : "not compared";
  const lines = text.trim().split(/\n(?=\{)/);
  const values = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as { type?: string });
  // The order of the initial events was arbitrary before WatchList.
  const initial = values.findIndex(({ type }) => type !== "ADDED");
  const sorted = values.splice(0, initial === -1 ? values.length : initial).map(comparable);
  sorted.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  // A bookmark may come once more, depending on when the server's timer runs.
  const others = values.filter(({ type }, i) => type !== "BOOKMARK" || values[i - 1]?.type !== type);
  const all = [...sorted, ...others.map(comparable)];
  return all.length === 1 ? all[0] : all;
}

/** Objects of the cluster are compared by kind and name, everything else completely. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const { kind, apiVersion, metadata, ...rest } = value as Record<string, unknown> & {
    metadata?: Record<string, unknown>;
  };
  if (typeof metadata?.name === "string" && kind !== "Status") {
    return { kind, apiVersion, name: metadata.name, namespace: metadata.namespace };
  }
  const all = Object.entries({ kind, apiVersion, metadata, ...rest });
  return Object.fromEntries(
    all.flatMap(([name, field]) => {
      if (field === undefined || field === null || field === "" || OTHERS.has(name)) return [];
      if (name === "resourceVersion" || name === "continue") return [[name, typeof field]];
      if (name === "message" || name === "reason") return [[name, withoutNumbers(field)]];
      return [[name, comparable(field)]];
    }),
  );
}

/** Fields that no client of the simulator reads: of the version, of reviews, and `creationTimestamp: null` before 1.34. */
const OTHERS: ReadonlySet<string> = new Set(
  (
    "buildDate compiler emulationMajor emulationMinor gitCommit gitTreeState gitVersion goVersion major minor " +
    "minCompatibilityMajor minCompatibilityMinor creationTimestamp extra managedFields uid"
  ).split(" "),
);

/** Where an error of a parser, the name of a RoleBinding or a list of media types begins. */
const DETAILS =
  /(?<=^(RBAC: allowed by RoleBinding|unable to parse requirement|the object provided is unrecognized|406: Not Acceptable)).*/s;

/** Without details, and without the numbers of resourceVersions. */
function withoutNumbers(text: unknown): unknown {
  if (typeof text !== "string") return text;
  return text.replace(DETAILS, "…").replace(/(?<![\w-])\d+(?![\w-])/g, "N");
}
