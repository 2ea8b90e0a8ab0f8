import { Masthead, MastheadBrand, MastheadContent, MastheadLogo, MastheadMain } from "@patternfly/react-core";
import PauseIcon from "@patternfly/react-icons/dist/esm/icons/pause-icon";
import PlayIcon from "@patternfly/react-icons/dist/esm/icons/play-icon";
import type { Screen } from "../base.ts";
import { IconButton } from "../common/IconButton.tsx";
import { follow, PageLink } from "../common/PageLink.tsx";
import { When } from "../common/When.tsx";
import { useApp, useNow, useStoreValue } from "../context.ts";
import { goTo, goToScreen, screenHref, useLocation } from "../state/location.ts";
import { useValue } from "../state/value.ts";
import { ConnectionLabel } from "./ConnectionLabel.tsx";
import { Logo } from "./Logo.tsx";
import { SettingsMenu } from "./SettingsMenu.tsx";
import { UserMenu } from "./UserMenu.tsx";

const NAVIGATION: readonly (readonly [Screen, string])[] = [
  ["", "Status"],
  ["silences", "Silences"],
  ["activity", "Activity"],
  ["configuration", "Configuration"],
];

export function AppMasthead() {
  const app = useApp();
  const phase = useValue(app.phase);
  const isReady = phase.name === "ready";
  return (
    <Masthead className="pw-masthead">
      <MastheadMain>
        <MastheadBrand>
          <MastheadLogo href={screenHref("")} onClick={follow(() => goTo(""))} aria-label="Pod Watcher, status">
            <Logo />
            <span className="pw-brand">Pod Watcher</span>
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Navigation />
        <div className="pw-masthead-end">
          {isReady && <ConnectionLabel />}
          {isReady && <ServerTime />}
          {isReady && <PauseButton />}
          <SettingsMenu />
          <UserMenu />
        </div>
      </MastheadContent>
    </Masthead>
  );
}

function Navigation() {
  const { screen: current } = useLocation();
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

function ServerTime() {
  const now = useNow();
  return (
    <span className="pw-server-time pw-muted">
      <When at={now} as="clock" />
    </span>
  );
}

function PauseButton() {
  const { store, ticker } = useApp();
  const isPaused = useStoreValue((each) => each.isPaused());
  return (
    <IconButton
      label={isPaused ? "Resume live updates" : "Pause live updates"}
      icon={isPaused ? <PlayIcon /> : <PauseIcon />}
      onClick={() => {
        if (isPaused) store.resume();
        else store.pause();
        ticker.tick();
      }}
    />
  );
}
