import "@patternfly/react-styles/css/components/Label/label.css";
import type { ReactNode } from "react";

interface ChipProps {
  readonly children: ReactNode;
  /** A status or colour of PatternFly's Label, whose default is `grey`. */
  readonly color?: string;
  readonly icon?: ReactNode;
  readonly outline?: boolean;
  readonly title?: string | undefined;
  readonly className?: string;
}

/** PatternFly's Label markup without its overflow measurement, which forces a layout for each of several hundred. */
export function Chip({ children, color = "grey", icon, outline = false, title, className = "" }: ChipProps) {
  const classes = ["pf-v6-c-label", "pf-m-compact", outline ? "pf-m-outline" : "pf-m-filled"];
  if (color !== "grey") classes.push(`pf-m-${color}`);
  return (
    <span className={`pw-chip ${className}`} title={title}>
      <span className={classes.join(" ")}>
        <span className="pf-v6-c-label__content">
          {icon !== undefined && <span className="pf-v6-c-label__icon">{icon}</span>}
          <span className="pf-v6-c-label__text">{children}</span>
        </span>
      </span>
    </span>
  );
}
