import { Dropdown, DropdownGroup, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import MoonIcon from "@patternfly/react-icons/dist/esm/icons/moon-icon";
import SunIcon from "@patternfly/react-icons/dist/esm/icons/sun-icon";
import { useState } from "react";
import type { App } from "../app.ts";
import { useApp } from "../context.ts";
import { allowNotifications } from "../state/browser-notifications.ts";
import { type Preferences, setPreferences, usePreferences } from "../state/preferences.ts";

const GROUPS: readonly {
  readonly label: string;
  readonly choices: readonly (readonly [string, Partial<Preferences>])[];
}[] = [
  {
    label: "Theme",
    choices: [
      ["System", { theme: "system" }],
      ["Light", { theme: "light" }],
      ["Dark", { theme: "dark" }],
    ],
  },
  {
    label: "Contrast",
    choices: [
      ["Same as system", { contrast: "system" }],
      ["High", { contrast: "high" }],
      ["Normal", { contrast: "normal" }],
    ],
  },
  {
    label: "Times",
    choices: [
      ["Local time", { zone: "local" }],
      ["UTC", { zone: "utc" }],
    ],
  },
  {
    label: "Notify me in this browser",
    choices: [
      ["Never", { notify: "off", sound: false }],
      ["Critical incidents", { notify: "critical", sound: false }],
      ["Critical incidents, with a sound", { notify: "critical", sound: true }],
      ["All incidents", { notify: "all", sound: false }],
      ["All incidents, with a sound", { notify: "all", sound: true }],
    ],
  },
];

/** Theme, contrast, time zone and notifications, stored in this browser. */
export function SettingsMenu() {
  const [isOpen, setOpen] = useState(false);
  const isDark = document.documentElement.classList.contains("pf-v6-theme-dark");
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "right", appendTo: "inline" }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          aria-label="Theme, time zone and notifications"
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          icon={isDark ? <SunIcon /> : <MoonIcon />}
        />
      )}
    >
      <SettingsItems />
    </Dropdown>
  );
}

export function SettingsItems() {
  const preferences = usePreferences();
  return GROUPS.map(({ label, choices }) => (
    <DropdownGroup key={label} label={label} labelHeadingLevel="h2">
      <DropdownList>
        {choices.map(([text, change]) => (
          <Choice key={text} text={text} change={change} preferences={preferences} />
        ))}
      </DropdownList>
    </DropdownGroup>
  ));
}

interface ChoiceProps {
  readonly text: string;
  readonly change: Partial<Preferences>;
  readonly preferences: Preferences;
}

function Choice({ text, change, preferences }: ChoiceProps) {
  const app = useApp();
  const isSelected = Object.entries(change).every(([key, value]) => preferences[key as keyof Preferences] === value);
  return (
    <DropdownItem
      icon={<span className={isSelected ? "" : "pw-invisible"}>{<CheckIcon />}</span>}
      onClick={() => void choose(app, change)}
    >
      {text}
      {isSelected && <span className="pf-v6-screen-reader"> (selected)</span>}
    </DropdownItem>
  );
}

async function choose(app: App, change: Partial<Preferences>): Promise<void> {
  if (change.notify !== undefined && change.notify !== "off") {
    const problem = await allowNotifications();
    if (problem !== undefined) {
      app.toasts.add({ variant: "danger", title: "The browser cannot notify you", detail: problem });
      return;
    }
    app.toasts.add({ variant: "success", title: "This browser notifies you while a tab of Pod Watcher is open" });
  }
  setPreferences(change);
}
