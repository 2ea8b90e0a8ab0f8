import { useEffect } from "react";
import type { Screen } from "../base.ts";
import { BASE } from "../base.ts";
import { useCondition } from "../common/useCondition.ts";
import { useApp } from "../context.ts";
import { type Favicon, tabFace } from "../state/condition.ts";
import { listQuery } from "../state/incident-query.ts";
import { useLocation } from "../state/location.ts";
import { useValue } from "../state/value.ts";

/** The incidents have no name in the title, because tabs are narrow. */
const NAMES: Partial<Record<Screen, string>> = {
  containers: "Containers",
  silences: "Silences",
  notifications: "Notifications",
  configuration: "Configuration",
  wall: "Wall",
};

const FAVICONS: Record<Favicon, string> = {
  normal: "favicon.svg",
  critical: "favicon-critical.svg",
  warning: "favicon-warning.svg",
  unknown: "favicon-unknown.svg",
  lost: "favicon-lost.svg",
};

/** `(3) Pod Watcher`, `(4+?) Silences · Pod Watcher`, and a favicon that says the same. */
export function useTabTitle(): void {
  const { attention } = useApp();
  const location = useLocation();
  const { screen, incident } = location;
  const { prefix, favicon } = tabFace(useCondition(), useValue(attention));
  const name =
    incident?.split("/").pop() ?? (screen === undefined ? "Not found" : listQuery(location).name || NAMES[screen]);
  useEffect(() => {
    document.title = `${prefix}${name === undefined ? "" : `${name} · `}Pod Watcher`;
    const icon = document.getElementById("favicon");
    icon?.setAttribute("href", `${BASE}${FAVICONS[favicon]}`);
  }, [prefix, favicon, name]);
}
