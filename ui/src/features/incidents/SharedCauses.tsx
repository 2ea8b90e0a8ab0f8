import { Button } from "@patternfly/react-core";
import type { SharedCause } from "../../../../src/http/base/api-types.ts";
import { copyWithToast } from "../../actions.ts";
import { useApp } from "../../context.ts";
import { plural } from "../../format/text.ts";
import { changeIncidents } from "../../state/incident-query.ts";

const TEXTS: Record<SharedCause["kind"], (value: string) => string> = {
  node: (value) => `have all their failing pods on ${value}`,
  registry: (value) => `use images of ${value}`,
  line: (value) => `end with the same line: ${value}`,
};

/** One line for what several incidents have in common: one fault of a node is not ten of workloads. */
export function SharedCauses({ shared }: { readonly shared: readonly SharedCause[] }) {
  const app = useApp();
  if (shared.length === 0) return null;
  return (
    <ul className="pw-shared">
      {shared.map(({ kind, value, incidents, q, command }) => (
        <li key={`${kind} ${value}`}>
          {plural(incidents, "incident")} {TEXTS[kind](value)}.{" "}
          <Button variant="link" isInline onClick={() => changeIncidents({ q, view: "open", page: 1 })}>
            Show them
          </Button>{" "}
          {command !== undefined && (
            <Button variant="link" isInline onClick={() => void copyWithToast(app, command, command)}>
              Copy {command}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
