import { Badge, MenuToggle, Select, SelectList, SelectOption } from "@patternfly/react-core";
import { useState } from "react";
import { count } from "../../format/text.ts";

interface NamespaceSelectProps {
  readonly chosen: readonly string[];
  /** Every watched namespace, with the number of its problems. */
  readonly namespaces: ReadonlyMap<string, number>;
  readonly onChange: (namespaces: readonly string[]) => void;
}

export function NamespaceSelect({ chosen, namespaces, onChange }: NamespaceSelectProps) {
  const [isOpen, setOpen] = useState(false);
  const label =
    chosen.length === 0 ? "All namespaces" : chosen.length === 1 ? chosen[0] : `${chosen.length} namespaces`;
  return (
    <div className="pw-namespaces">
      <Select
        role="menu"
        isOpen={isOpen}
        onOpenChange={setOpen}
        selected={[...chosen]}
        isScrollable
        popperProps={{ appendTo: "inline", position: "right" }}
        maxMenuHeight="22rem"
        onSelect={(_event, value) => {
          const name = String(value);
          onChange(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
        }}
        toggle={(ref) => (
          <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)} isFullWidth>
            {label}
          </MenuToggle>
        )}
      >
        <SelectList aria-label="Namespaces">
          {[...namespaces].sort(byName).map(([namespace, problems]) => (
            <SelectOption key={namespace} hasCheckbox value={namespace} isSelected={chosen.includes(namespace)}>
              <span className="pw-option">
                {namespace}
                {problems > 0 && (
                  <Badge isRead screenReaderText={problems === 1 ? "problem" : "problems"}>
                    {count(problems)}
                  </Badge>
                )}
              </span>
            </SelectOption>
          ))}
        </SelectList>
      </Select>
    </div>
  );
}

function byName([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}
