import type { Alert } from "../model/alert.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { type Duration, HOUR, MINUTE, SECOND } from "../model/time.ts";
import { compileMatchers, formatMatcher, type Labels, type Matcher } from "./matcher.ts";
import type { QuietHours } from "./quiet-hours.ts";

/**
 * Which alerts go where, as in Alertmanager: a tree in which what a route does not say is taken from the one above. An
 * alert goes to the first route below that matches it, and to the ones after it while those before say `continue`; to
 * this one when none does.
 */
export interface Route {
  readonly receiver?: string;
  readonly matchers?: readonly Matcher[];
  /** Labels that the alerts of one message have in common; `...` alone stands for all of them. */
  readonly groupBy?: readonly string[];
  /** How long the first message of a group waits for further alerts. */
  readonly groupWait?: Duration;
  /** How long after a message the next one about what has changed comes at the earliest. */
  readonly groupInterval?: Duration;
  /** How long after a message one comes although nothing has changed. */
  readonly repeatInterval?: Duration;
  readonly sendResolved?: boolean;
  readonly quietHours?: readonly QuietHours[];
  readonly continue?: boolean;
  readonly routes?: readonly Route[];
}

/** A route with nothing left to be looked up. */
export interface Destination {
  /** Names the route by what it matches: the same after others were added around it. */
  readonly name: string;
  readonly receiver: string;
  readonly groupBy: readonly string[];
  readonly groupWait: Duration;
  readonly groupInterval: Duration;
  readonly repeatInterval: Duration;
  readonly sendResolved: boolean;
  readonly quietHours: readonly QuietHours[];
}

const DEFAULTS: Omit<Destination, "receiver"> = {
  name: "",
  groupBy: ["namespace", "workload", "alertname"],
  groupWait: 30 * SECOND,
  groupInterval: 5 * MINUTE,
  repeatInterval: 4 * HOUR,
  sendResolved: true,
  quietHours: [],
};

/** The labels that routes and silences match: those of the alert and its severity. */
export function routingLabels({ labels, severity }: Pick<Alert, "labels" | "severity">): Labels {
  return { ...labels, severity };
}

/** Where alerts with these labels go, in the order of the routes. A tree without a receiver at its root is refused. */
export function createRouter(root: Route): (labels: Labels) => readonly Destination[] {
  if (root.receiver === undefined)
    throw new RangeError("the first route needs a receiver: it takes what no other does");
  const top = compile(root, { ...DEFAULTS, receiver: root.receiver });
  return (labels) => destinations(top, labels);
}

interface Node {
  readonly matches: (labels: Labels) => boolean;
  readonly destination: Destination;
  readonly goOn: boolean;
  readonly below: readonly Node[];
}

function compile(route: Route, above: Destination): Node {
  const { matchers = [], continue: goOn = false, routes = [] } = route;
  const own = matchers.map(formatMatcher).join();
  const destination: Destination = {
    name: own === "" ? above.name : `${above.name}{${own}}`,
    receiver: route.receiver ?? above.receiver,
    groupBy: route.groupBy ?? above.groupBy,
    groupWait: route.groupWait ?? above.groupWait,
    groupInterval: route.groupInterval ?? above.groupInterval,
    repeatInterval: route.repeatInterval ?? above.repeatInterval,
    sendResolved: route.sendResolved ?? above.sendResolved,
    quietHours: route.quietHours ?? above.quietHours,
  };
  return {
    matches: compileMatchers(matchers),
    destination,
    goOn,
    below: routes.map((one) => compile(one, destination)),
  };
}

function destinations(node: Node, labels: Labels): readonly Destination[] {
  const found: Destination[] = [];
  for (const one of node.below) {
    if (!one.matches(labels)) continue;
    found.push(...destinations(one, labels));
    if (!one.goOn) break;
  }
  return found.length === 0 ? [node.destination] : found;
}

/** All receivers that a tree names, each once. */
export function receiversOf(root: Route): ReadonlySet<string> {
  const names = new Set<string>(root.receiver === undefined ? [] : [root.receiver]);
  for (const route of root.routes ?? []) for (const name of receiversOf(route)) names.add(name);
  return names;
}

/** The alerts that are told together. */
export interface Group {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function groupOf(destination: Destination, labels: Labels): Group {
  const names = destination.groupBy.includes("...") ? Object.keys(labels) : destination.groupBy;
  const common: Record<string, string> = {};
  for (const name of [...names].sort()) {
    const value = labels[name];
    if (value !== undefined) common[name] = value;
  }
  // Short, and without what a receiver's own service would have to escape: it becomes their deduplication key.
  const key = fingerprint({ ...common, "\0receiver": destination.receiver, "\0route": destination.name });
  return { key, labels: common };
}
