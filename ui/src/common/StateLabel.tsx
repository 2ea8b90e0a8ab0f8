import type { SVGIconProps } from "@patternfly/react-icons/dist/esm/createIcon";
import BellIcon from "@patternfly/react-icons/dist/esm/icons/bell-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import type { ComponentType } from "react";
import type { ShownState } from "../../../src/core/model/row-state.ts";
import { Chip } from "./Chip.tsx";

const LOOK: Record<
  ShownState,
  { readonly word: string; readonly color: string; readonly Icon: ComponentType<SVGIconProps> }
> = {
  Failure: { word: "Failure", color: "danger", Icon: ExclamationCircleIcon },
  Sent: { word: "Alert sent", color: "custom", Icon: BellIcon },
  Warning: { word: "Warning", color: "warning", Icon: ExclamationTriangleIcon },
  Unknown: { word: "Unknown", color: "grey", Icon: QuestionCircleIcon },
  Normal: { word: "Normal", color: "success", Icon: CheckCircleIcon },
};

/**
 * A state is an icon, a word and a colour: never a colour alone. The icon is of one set: PatternFly draws two otherwise,
 * and hides one.
 */
export function StateLabel({ state, title }: { readonly state: ShownState; readonly title?: string | undefined }) {
  const { word, color, Icon } = LOOK[state];
  return (
    <Chip color={color} icon={<Icon set="default" />} outline title={title}>
      {word}
    </Chip>
  );
}

export function stateWord(state: ShownState): string {
  return LOOK[state].word;
}
