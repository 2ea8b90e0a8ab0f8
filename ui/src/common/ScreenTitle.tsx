import { Title } from "@patternfly/react-core";
import { type ReactNode, useEffect, useRef } from "react";
import { takeArrival } from "../state/location.ts";

/** The heading of a screen. It takes the focus after navigation, so that screen readers announce the screen. */
export function ScreenTitle({ children }: { readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takeArrival()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Title headingLevel="h1" size="2xl" id="title" ref={heading} tabIndex={-1}>
      {children}
    </Title>
  );
}
