import type { SVGIconProps } from "@patternfly/react-icons/dist/esm/createIcon";
import BellIcon from "@patternfly/react-icons/dist/esm/icons/bell-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import type { ComponentType } from "react";
import type { ShownState } from "../../../src/core/model/row-state.ts";
import { Chip } from "./Chip.tsx";

const STYLES: Record<
  ShownState,
  { readonly text: string; readonly color: string; readonly Icon: ComponentType<SVGIconProps> }
> = {
  Failure: { text: "Failure", color: "danger", Icon: ExclamationCircleIcon },
  Sent: { text: "Alert sent", color: "custom", Icon: BellIcon },
  Warning: { text: "Warning", color: "warning", Icon: ExclamationTriangleIcon },
  Unknown: { text: "Unknown", color: "grey", Icon: QuestionCircleIcon },
  Normal: { text: "Normal", color: "success", Icon: CheckCircleIcon },
};

/**
 * A state is shown by icon, text and colour, never by colour alone. Without `set`, PatternFly renders two icons and
 * hides one.
 */
export function StateLabel({ state, title }: { readonly state: ShownState; readonly title?: string | undefined }) {
  const { text, color, Icon } = STYLES[state];
  return (
    <Chip color={color} icon={<Icon set="default" />} outline title={title}>
      {text}
    </Chip>
  );
}

export function stateText(state: ShownState): string {
  return STYLES[state].text;
}
