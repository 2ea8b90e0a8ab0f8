import { Button, FormGroup } from "@patternfly/react-core";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import TrashIcon from "@patternfly/react-icons/dist/esm/icons/trash-icon";
import { useId } from "react";
import { ALERTNAMES } from "../../../src/core/model/alert.ts";
import type { Row } from "../../../src/http/base/api-types.ts";
import { IconButton } from "../common/IconButton.tsx";
import { useData } from "../context.ts";
import { type Condition, LABELS, OPERATORS } from "./conditions.ts";

interface ConditionFieldsProps {
  readonly conditions: readonly Condition[];
  readonly onChange: (conditions: readonly Condition[]) => void;
  /** Why the server does not accept them. */
  readonly problem?: string | undefined;
}

/** Matchers as in Alertmanager: an alert matches when all of them hold. */
export function ConditionFields({ conditions, onChange, problem }: ConditionFieldsProps) {
  const id = useId();
  const { rows } = useData();
  const change = (index: number, part: Partial<Condition>) =>
    onChange(conditions.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <FormGroup label="Conditions" fieldId={`${id}-0`} role="group">
      <ul className="pw-conditions">
        {conditions.map(({ name, operator, value }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no other identity
          <li key={index}>
            <select
              aria-label="Label"
              value={name}
              onChange={(event) => change(index, { name: event.currentTarget.value })}
            >
              {LABELS.map((label) => (
                <option key={label}>{label}</option>
              ))}
            </select>
            <select
              aria-label="Operator"
              value={operator}
              onChange={(event) => change(index, { operator: event.currentTarget.value as Condition["operator"] })}
            >
              {OPERATORS.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
            <input
              id={`${id}-${index}`}
              aria-label={`Value of ${name}`}
              value={value}
              list={`${id}-${index}-values`}
              maxLength={1000}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => change(index, { value: event.currentTarget.value })}
            />
            <datalist id={`${id}-${index}-values`}>
              {suggestions(name, rows.values()).map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
            <IconButton
              label={`Remove the condition on ${name}`}
              icon={<TrashIcon />}
              refusal={conditions.length === 1 ? "one condition must remain" : undefined}
              onClick={() => onChange(conditions.filter((_, at) => at !== index))}
            />
          </li>
        ))}
      </ul>
      {problem !== undefined && (
        <p className="pw-condition-problem" role="alert">
          {problem}
        </p>
      )}
      <Button
        variant="link"
        isInline
        icon={<PlusCircleIcon />}
        onClick={() => onChange([...conditions, { name: "alertname", operator: "=", value: "" }])}
      >
        Add a condition
      </Button>
    </FormGroup>
  );
}

const MAX_SUGGESTIONS = 100;

/** Values that exist now. */
function suggestions(name: string, rows: Iterable<Row>): readonly string[] {
  if (name === "alertname") return ALERTNAMES;
  if (name === "severity") return ["critical", "warning"];
  const values = new Set<string>();
  for (const { namespace, owner, pod, container } of rows) {
    const value = { namespace, workload: owner, pod, container }[name];
    if (value !== undefined) values.add(value);
    if (values.size >= MAX_SUGGESTIONS) break;
  }
  return [...values].sort();
}
