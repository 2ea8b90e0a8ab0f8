import "@patternfly/react-styles/css/components/Button/button.css";
import type { ReactNode, Ref } from "react";

interface IconButtonProps {
  /** Read aloud and shown as a tooltip. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly onClick: () => void;
  /** Why it cannot be used: it stays in place and can be reached, and says so. */
  readonly refusal?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** PatternFly's plain button, small and without its machinery: a page of rows has hundreds. */
export function IconButton({ label, icon, onClick, refusal, ref }: IconButtonProps) {
  const refused = refusal !== undefined;
  const said = refused ? `${label}: ${refusal}` : label;
  return (
    <button
      ref={ref}
      type="button"
      className={`pf-v6-c-button pf-m-plain pf-m-small pw-icon-button${refused ? " pf-m-aria-disabled" : ""}`}
      aria-label={said}
      aria-disabled={refused || undefined}
      title={said}
      onClick={refused ? undefined : onClick}
    >
      <span className="pf-v6-c-button__icon">{icon}</span>
    </button>
  );
}
