import {
  Divider,
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MenuToggle,
} from "@patternfly/react-core";
import BarsIcon from "@patternfly/react-icons/dist/esm/icons/bars-icon";
import KeyboardIcon from "@patternfly/react-icons/dist/esm/icons/keyboard-icon";
import PauseIcon from "@patternfly/react-icons/dist/esm/icons/pause-icon";
import PlayIcon from "@patternfly/react-icons/dist/esm/icons/play-icon";
import { useState } from "react";
import type { Screen } from "../base.ts";
import { IconButton } from "../common/IconButton.tsx";
import { follow, PageLink } from "../common/PageLink.tsx";
import { NARROW, useMedia } from "../common/useMedia.ts";
import { When } from "../common/When.tsx";
import { useApp, useNow, useStoreValue } from "../context.ts";
import { goToScreen, screenHref, useLocation } from "../state/location.ts";
import { useValue } from "../state/value.ts";
import { ConnectionLabel } from "./ConnectionLabel.tsx";
import { Logo } from "./Logo.tsx";
import { SettingsItems, SettingsMenu } from "./SettingsMenu.tsx";
import { signOut, UserMenu } from "./UserMenu.tsx";

const NAVIGATION: readonly (readonly [Screen, string])[] = [
  ["", "Incidents"],
  ["containers", "Containers"],
  ["silences", "Silences"],
  ["notifications", "Notifications"],
  ["configuration", "Configuration"],
];

/** The screen of the navigation that the address belongs to. */
function useCurrent(): Screen | undefined {
  const { screen } = useLocation();
  return screen === "incidents" ? "" : screen;
}

export function AppMasthead() {
  const app = useApp();
  const phase = useValue(app.phase);
  const isNarrow = useMedia(NARROW);
  const isReady = phase.name === "ready";
  return (
    <Masthead className="pw-masthead">
      <MastheadMain>
        {isNarrow && <ScreensMenu />}
        <MastheadBrand>
          <MastheadLogo
            href={screenHref("")}
            onClick={follow(() => goToScreen(""))}
            aria-label="Pod Watcher, incidents"
          >
            <Logo />
            <span className="pw-brand">Pod Watcher</span>
          </MastheadLogo>
        </MastheadBrand>
        {!isNarrow && <Navigation />}
      </MastheadMain>
      <MastheadContent>
        <div className="pw-masthead-end">
          {isReady && <ConnectionLabel />}
          {!isNarrow && (
            <>
              {isReady && <ServerTime />}
              {isReady && <PauseButton />}
              <IconButton
                label="Keyboard and help"
                icon={<KeyboardIcon />}
                onClick={() => app.dialog.set({ kind: "help" })}
              />
              <SettingsMenu />
              <UserMenu />
            </>
          )}
        </div>
      </MastheadContent>
    </Masthead>
  );
}

function Navigation() {
  const current = useCurrent();
  return (
    <nav aria-label="Screens" className="pw-nav">
      {NAVIGATION.map(([screen, text]) => (
        <PageLink
          key={screen}
          href={screenHref(screen)}
          go={() => goToScreen(screen)}
          aria-current={screen === current ? "page" : undefined}
        >
          {text}
        </PageLink>
      ))}
    </nav>
  );
}

/** Everything of the masthead for which there is no room: the screens first. */
function ScreensMenu() {
  const app = useApp();
  const current = useCurrent();
  const me = useValue(app.me);
  const pause = usePause();
  const [isOpen, setOpen] = useState(false);
  return (
    <Dropdown
      className="pw-screens-menu"
      isOpen={isOpen}
      isScrollable
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "left", appendTo: "inline" }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          aria-label="Menu"
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          icon={<BarsIcon />}
        />
      )}
    >
      <DropdownGroup label="Screens" labelHeadingLevel="h2">
        <DropdownList>
          {NAVIGATION.map(([screen, text]) => (
            <DropdownItem
              key={screen}
              isSelected={screen === current}
              aria-current={screen === current ? "page" : undefined}
              onClick={() => goToScreen(screen)}
            >
              {text}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <Divider />
      <DropdownList>
        <DropdownItem onClick={pause.toggle}>{pause.label}</DropdownItem>
        <DropdownItem onClick={() => app.dialog.set({ kind: "help" })}>Keyboard and help</DropdownItem>
        {me?.user !== undefined && <DropdownItem isDisabled>Signed in as {me.user}</DropdownItem>}
        {me?.signOut !== undefined && <DropdownItem onClick={signOut}>Sign out</DropdownItem>}
      </DropdownList>
      <SettingsItems />
    </Dropdown>
  );
}

function ServerTime() {
  const now = useNow();
  return (
    <span className="pw-server-time pw-muted">
      <When at={now} as="minute" />
    </span>
  );
}

function PauseButton() {
  const { isPaused, label, toggle } = usePause();
  return <IconButton label={label} icon={isPaused ? <PlayIcon /> : <PauseIcon />} onClick={toggle} />;
}

function usePause() {
  const { store, ticker } = useApp();
  const isPaused = useStoreValue((each) => each.isPaused());
  return {
    isPaused,
    label: isPaused ? "Resume live updates" : "Pause live updates",
    toggle: () => {
      if (isPaused) store.resume();
      else store.pause();
      ticker.tick();
    },
  };
}
