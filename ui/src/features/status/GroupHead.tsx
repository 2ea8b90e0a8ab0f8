import AngleDownIcon from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import AngleRightIcon from "@patternfly/react-icons/dist/esm/icons/angle-right-icon";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import ExternalLinkAltIcon from "@patternfly/react-icons/dist/esm/icons/external-link-alt-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import { SHOWN_STATES } from "../../../../src/core/model/row-state.ts";
import type { ShownCounts } from "../../../../src/core/view/list.ts";
import type { Can } from "../../../../src/http/base/api-types.ts";
import { Chip } from "../../common/Chip.tsx";
import { IconButton } from "../../common/IconButton.tsx";
import { stateText } from "../../common/StateLabel.tsx";
import { When } from "../../common/When.tsx";
import { refusal, useApp } from "../../context.ts";
import { consoleNamespace } from "../../format/commands.ts";
import { count } from "../../format/text.ts";
import type { Group } from "../../state/view.ts";

interface GroupHeadProps {
  readonly group: Pick<Group, "namespace" | "counts" | "staleSince">;
  readonly columns: number;
  readonly isCollapsed: boolean;
  readonly onToggle: (namespace: string) => void;
  readonly now: number;
  readonly can: Can;
  readonly consoleUrl: string | undefined;
}

/** The line above the rows of a namespace: its counts, the worst first, and the actions for the whole namespace. */
export function GroupHead({ group, columns, isCollapsed, onToggle, now, can, consoleUrl }: GroupHeadProps) {
  const { namespace, counts, staleSince } = group;
  const app = useApp();
  const href = consoleNamespace(namespace, consoleUrl);
  return (
    <tr className="pf-v6-c-table__tr pw-group">
      <th scope="colgroup" colSpan={columns} className="pf-v6-c-table__th">
        <span className="pw-group-line">
          <button
            type="button"
            className="pw-group-toggle"
            aria-expanded={!isCollapsed}
            onClick={() => onToggle(namespace)}
          >
            {isCollapsed ? <AngleRightIcon set="default" /> : <AngleDownIcon set="default" />}
            <span>{namespace}</span>
          </button>
          {staleSince !== undefined && (
            <Chip icon={<QuestionCircleIcon set="default" />} outline>
              Unknown since <When at={staleSince} now={now} as="short" />
            </Chip>
          )}
          <span className="pw-muted pw-group-counts">{describeCounts(counts)}</span>
          <span className="pw-group-actions">
            {href !== undefined && (
              <a
                className="pw-icon-link"
                href={href}
                target="_blank"
                rel="noreferrer"
                aria-label={`${namespace} in the OpenShift console`}
                title={`${namespace} in the OpenShift console`}
              >
                <ExternalLinkAltIcon set="default" />
              </a>
            )}
            <IconButton
              label={`Silence namespace ${namespace}…`}
              icon={<BellSlashIcon set="default" />}
              refusal={refusal(can, "silence", namespace)}
              onClick={() => app.dialog.set({ kind: "silence", subject: { kind: "namespace", namespace } })}
            />
          </span>
        </span>
      </th>
    </tr>
  );
}

/** `5 failure · 3 alert sent · 183 normal` */
export function describeCounts(counts: ShownCounts): string {
  return SHOWN_STATES.filter((state) => counts[state] > 0)
    .map((state) => `${count(counts[state])} ${stateText(state).toLowerCase()}`)
    .join(" · ");
}
