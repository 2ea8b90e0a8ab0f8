import { useEffect, useState } from "react";
import { useApp } from "../../context.ts";
import { useValue } from "../../state/value.ts";

/** The heartbeat of the server comes every 15 s; this shows that the page is not frozen. */
const STEP_MS = 1_000;

/** `confirmed 3 s ago`: when the server last said that its data is complete. Nothing while it does not answer. */
export function Confirmed() {
  const { store, link } = useApp();
  const { freshness } = useValue(link);
  const [, setSteps] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setSteps((steps) => steps + 1);
    }, STEP_MS);
    return () => clearInterval(timer);
  }, []);
  if (freshness !== "live" || store.isPaused()) return null;
  const age = Math.max(0, Math.round((store.clock.now() - link.get().asOf) / 1_000));
  return <>Confirmed {age} s ago.</>;
}
