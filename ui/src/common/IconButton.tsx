import "@patternfly/react-styles/css/components/Button/button.css";
import type { ReactNode, Ref } from "react";

interface IconButtonProps {
  /** For screen readers, and as the tooltip. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly onClick: () => void;
  /** Why it cannot be used: the button stays focusable and its label includes the reason. */
  readonly refusal?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** The markup of PatternFly's small plain button without its component: a page of rows has hundreds. */
export function IconButton({ label, icon, onClick, refusal, ref }: IconButtonProps) {
  const refused = refusal !== undefined;
  const text = refused ? `${label}: ${refusal}` : label;
  return (
    <button
      ref={ref}
      type="button"
      className={`pf-v6-c-button pf-m-plain pf-m-small pw-icon-button${refused ? " pf-m-aria-disabled" : ""}`}
      aria-label={text}
      aria-disabled={refused || undefined}
      title={text}
      onClick={refused ? undefined : onClick}
    >
      <span className="pf-v6-c-button__icon">{icon}</span>
    </button>
  );
}
