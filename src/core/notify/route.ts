import { type Alert, NODE_NOT_READY } from "../model/alert.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { type Duration, HOUR, MINUTE, SECOND } from "../model/time.ts";
import { compileMatchers, formatMatcher, type Labels, type Matcher } from "./matcher.ts";
import type { QuietHours } from "./quiet-hours.ts";

/**
 * Routing tree as in Alertmanager. A route inherits unset fields from its parent. An alert goes to the first child route
 * that matches it, and to later ones while the matching routes have `continue`; if no child matches, to this route.
 */
export interface Route {
  readonly receiver?: string;
  readonly matchers?: readonly Matcher[];
  /** Labels by which alerts are grouped; `...` means all labels. */
  readonly groupBy?: readonly string[];
  /** How long the first notification of a group waits for further alerts. */
  readonly groupWait?: Duration;
  /** The minimum time between a notification and the next one about changes. */
  readonly groupInterval?: Duration;
  /** How often an unchanged notification is repeated. */
  readonly repeatInterval?: Duration;
  readonly sendResolved?: boolean;
  readonly quietHours?: readonly QuietHours[];
  readonly continue?: boolean;
  readonly routes?: readonly Route[];
}

/** A route with all inherited fields. */
export interface Destination {
  /** Identifies the route by its matchers, so that it stays the same when other routes are added. */
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

/** The labels that routes and silences match: the labels of the alert and its severity. */
export function routingLabels({ labels, severity }: Pick<Alert, "labels" | "severity">): Labels {
  return { ...labels, severity };
}

/** Returns the destinations for labels, in the order of the routes. Throws a RangeError if the root has no receiver. */
export function createRouter(root: Route): (labels: Labels) => readonly Destination[] {
  if (root.receiver === undefined)
    throw new RangeError("The root route needs a receiver, for alerts that no other route matches.");
  const rootNode = compile(root, { ...DEFAULTS, receiver: root.receiver });
  return (labels) => destinations(rootNode, labels);
}

interface Node {
  readonly matches: (labels: Labels) => boolean;
  readonly destination: Destination;
  readonly continues: boolean;
  readonly children: readonly Node[];
}

function compile(route: Route, parent: Destination): Node {
  const { matchers = [], continue: continues = false, routes = [] } = route;
  const own = matchers.map(formatMatcher).join();
  const destination: Destination = {
    name: own === "" ? parent.name : `${parent.name}{${own}}`,
    receiver: route.receiver ?? parent.receiver,
    groupBy: route.groupBy ?? parent.groupBy,
    groupWait: route.groupWait ?? parent.groupWait,
    groupInterval: route.groupInterval ?? parent.groupInterval,
    repeatInterval: route.repeatInterval ?? parent.repeatInterval,
    sendResolved: route.sendResolved ?? parent.sendResolved,
    quietHours: route.quietHours ?? parent.quietHours,
  };
  return {
    matches: compileMatchers(matchers),
    destination,
    continues,
    children: routes.map((one) => compile(one, destination)),
  };
}

function destinations(node: Node, labels: Labels): readonly Destination[] {
  const found: Destination[] = [];
  for (const one of node.children) {
    if (!one.matches(labels)) continue;
    found.push(...destinations(one, labels));
    if (!one.continues) break;
  }
  return found.length === 0 ? [node.destination] : found;
}

/** The names of all receivers in a routing tree. */
export function receiversOf(root: Route): ReadonlySet<string> {
  const names = new Set<string>(root.receiver === undefined ? [] : [root.receiver]);
  for (const route of root.routes ?? []) for (const name of receiversOf(route)) names.add(name);
  return names;
}

/** Alerts that are notified together. */
export interface Group {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Labels that differ between the alerts of one node. */
const WITHIN_NODE: ReadonlySet<string> = new Set(["namespace", "workload", "pod", "container", "alertname"]);

/**
 * The group of an alert at a destination. The alerts of pods whose node stopped reporting are one group of the node,
 * unless all alerts share a group or each has its own (docs/adr/0023).
 */
export function groupOf(
  { groupBy, receiver, name: route }: Destination,
  alert: Pick<Alert, "labels" | "severity" | "annotations" | "subject">,
): Group {
  const labels = routingLabels(alert);
  const lostNode = alert.annotations.cause === NODE_NOT_READY ? alert.subject.node : undefined;
  const common: Record<string, string> = {};
  if (groupBy.includes("...")) addLabels(common, Object.keys(labels), labels);
  else if (lostNode !== undefined && groupBy.some((label) => WITHIN_NODE.has(label))) {
    common.node = lostNode;
    addLabels(
      common,
      groupBy.filter((label) => !WITHIN_NODE.has(label)),
      labels,
    );
  } else addLabels(common, groupBy, labels);
  // Short and without special characters, because receivers use it as a deduplication key.
  const key = fingerprint({ ...common, "\0receiver": receiver, "\0route": route });
  return { key, labels: common };
}

function addLabels(to: Record<string, string>, names: readonly string[], labels: Labels): void {
  for (const name of [...names].sort()) {
    const value = labels[name];
    if (value !== undefined) to[name] = value;
  }
}
