import type { AnchorHTMLAttributes } from "react";

interface PageLinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly href: string;
  /** Navigates within the page. */
  readonly go: () => void;
}

/** A link within the page. */
export function PageLink({ href, go, children, ...attributes }: PageLinkProps) {
  return (
    <a href={href} {...attributes} onClick={follow(go)}>
      {children}
    </a>
  );
}

/** A plain click navigates without a reload; the browser handles clicks with a modifier. */
export function follow(go: () => void) {
  return (event: { metaKey: boolean; ctrlKey: boolean; shiftKey: boolean; preventDefault(): void }) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go();
  };
}
