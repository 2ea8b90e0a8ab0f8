import type { SVGIconProps } from "@patternfly/react-icons/dist/esm/createIcon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import type { ComponentType } from "react";
import type { RowSeverity } from "../../../src/core/view/row.ts";
import { Chip } from "./Chip.tsx";

interface Style {
  readonly text: string;
  /** A status of PatternFly's Label. */
  readonly color: string;
  readonly Icon: ComponentType<SVGIconProps>;
}

const STYLES: Record<RowSeverity, Style> = {
  critical: { text: "Critical", color: "danger", Icon: ExclamationCircleIcon },
  warning: { text: "Warning", color: "warning", Icon: ExclamationTriangleIcon },
  unknown: { text: "Unknown", color: "info", Icon: QuestionCircleIcon },
  normal: { text: "Normal", color: "success", Icon: CheckCircleIcon },
};

export function severityText(severity: RowSeverity): string {
  return STYLES[severity].text;
}

/** The icon alone, for places that name the severity too. Without `set`, PatternFly renders two and hides one. */
export function SeverityIcon({ severity }: { readonly severity: RowSeverity }) {
  const { Icon } = STYLES[severity];
  return <Icon set="default" className={`pw-is-${severity}`} />;
}

/** Icon and word, never colour alone. */
export function SeverityWord({ severity }: { readonly severity: RowSeverity }) {
  return (
    <span className="pw-severity-word">
      <SeverityIcon severity={severity} /> {STYLES[severity].text}
    </span>
  );
}

interface SeverityPillProps {
  readonly severity: RowSeverity;
  /** The last known severity of something that cannot be seen now, such as "as of 18:51". */
  readonly asOf?: string | undefined;
}

/** The one filled pill of a line. */
export function SeverityPill({ severity, asOf }: SeverityPillProps) {
  const { text, color, Icon } = STYLES[severity];
  return (
    <Chip
      className={asOf === undefined ? "pw-pill" : "pw-pill pw-as-of"}
      color={color}
      icon={<Icon set="default" />}
      outline={asOf !== undefined}
    >
      {asOf === undefined ? text : `${text}, ${asOf}`}
    </Chip>
  );
}
