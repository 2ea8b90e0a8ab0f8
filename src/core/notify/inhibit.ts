import { type Alert, firedAt } from "../model/alert.ts";
import { formatInstant } from "../text/text.ts";
import { compileMatchers, type Labels, type Matcher } from "./matcher.ts";

/**
 * As in Alertmanager (inhibit.go): while a source alert fires, targets with the same values of the `equal` labels are not
 * notified. A label that both alerts lack is equal. An alert that matches both sides is not inhibited by one that also
 * matches both, so none inhibits itself.
 */
export interface InhibitRule {
  readonly name?: string | undefined;
  readonly sourceMatchers: readonly Matcher[];
  readonly targetMatchers: readonly Matcher[];
  readonly equal: readonly string[];
}

/** Why an alert is not notified: another one is firing. */
export interface Inhibition {
  /** Of the rule; see `compileInhibitRules`. */
  readonly rule: string;
  readonly source: Alert;
}

export interface CompiledInhibitRule {
  /** Its name, or its position in the configuration, such as `inhibit_rules[1]`. */
  readonly name: string;
  readonly isSource: (labels: Labels) => boolean;
  readonly isTarget: (labels: Labels) => boolean;
  /** The same text for alerts with the same values of the `equal` labels. */
  readonly equalKey: (labels: Labels) => string;
}

export function compileInhibitRules(rules: readonly InhibitRule[]): readonly CompiledInhibitRule[] {
  return rules.map(({ name, sourceMatchers, targetMatchers, equal }, index) => ({
    name: name ?? `inhibit_rules[${index}]`,
    isSource: compileMatchers(sourceMatchers),
    isTarget: compileMatchers(targetMatchers),
    equalKey: (labels) => JSON.stringify(equal.map((label) => labels[label] ?? "")),
  }));
}

/** Completes a sentence that begins with the alert. `sees` says whether the reader may know the source's namespace. */
export function describeInhibition({ rule, source }: Inhibition, sees: (namespace: string) => boolean): string {
  const { alertname, namespace, workload, pod, container } = source.labels;
  const where = [workload, pod, container].filter((part) => part !== undefined).join(", ");
  const of = where === "" ? "" : ` of ${where}`;
  const which = sees(namespace) ? `${alertname}${of} in ${namespace}` : alertname;
  return `inhibited by ${which}, firing since ${formatInstant(firedAt(source))} (rule ${rule})`;
}
