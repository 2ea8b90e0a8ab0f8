import {
  Drawer,
  DrawerContent,
  DrawerContentBody,
  DrawerPanelContent,
  Page,
  SkipToContent,
} from "@patternfly/react-core";
import { lazy, type ReactNode, Suspense, useEffect, useRef } from "react";
import type { App } from "./app.ts";
import { ErrorBoundary } from "./common/ErrorBoundary.tsx";
import { LoadingLines } from "./common/Panel.tsx";
import { AppContext, useApp } from "./context.ts";
import { DialogHost } from "./dialogs/DialogHost.tsx";
import IncidentsScreen from "./features/incidents/IncidentsScreen.tsx";
import { AppMasthead } from "./shell/AppMasthead.tsx";
import { NotFoundScreen } from "./shell/NotFoundScreen.tsx";
import { PageBanners } from "./shell/PageBanners.tsx";
import { FailedScreen, LoadingScreen, SignedOutScreen } from "./shell/PhaseScreens.tsx";
import { Toasts } from "./shell/Toasts.tsx";
import { useKeys } from "./shell/useKeys.ts";
import { useTabTitle } from "./shell/useTabTitle.ts";
import { useLocation } from "./state/location.ts";
import { setPreferences, usePreferences } from "./state/preferences.ts";
import { applyTheme, onSystemThemeChange, themeOf } from "./state/theme.ts";
import { useValue } from "./state/value.ts";

const DetailsDrawer = lazy(() => import("./features/drawer/DetailsDrawer.tsx"));
const IncidentDrawer = lazy(() => import("./features/incident/IncidentDrawer.tsx"));
const IncidentScreen = lazy(() => import("./features/incident/IncidentScreen.tsx"));
const ContainersScreen = lazy(() => import("./features/containers/ContainersScreen.tsx"));
const SilencesScreen = lazy(() => import("./features/silences/SilencesScreen.tsx"));
const NotificationsScreen = lazy(() => import("./features/notifications/NotificationsScreen.tsx"));
const WallScreen = lazy(() => import("./features/wall/WallScreen.tsx"));
const ConfigurationScreen = lazy(() => import("./features/configuration/ConfigurationScreen.tsx"));

const MAIN = "main";

export function AppRoot({ app }: { readonly app: App }) {
  return (
    <AppContext value={app}>
      <ErrorBoundary what="The page">
        <Frame />
      </ErrorBoundary>
    </AppContext>
  );
}

function Frame() {
  const app = useApp();
  const phase = useValue(app.phase);
  useTheme();
  useKeys();
  useTabTitle();
  if (useLocation().screen === "wall" && phase.name === "ready") {
    return (
      <>
        <main>
          <ErrorBoundary what="The wall">
            <Suspense fallback={<LoadingScreen />}>
              <WallScreen />
            </Suspense>
          </ErrorBoundary>
        </main>
        <Announcements />
        <DialogHost />
      </>
    );
  }
  return (
    <Page
      className="pw-page"
      masthead={<AppMasthead />}
      skipToContent={<SkipToContent href={`#${MAIN}`}>Skip to content</SkipToContent>}
      mainContainerId={MAIN}
      isContentFilled
    >
      {phase.name === "loading" && <LoadingScreen />}
      {phase.name === "failed" && <FailedScreen error={phase.error} />}
      {phase.name === "signed-out" && <SignedOutScreen how={phase.signIn} />}
      {phase.name === "ready" && <Content />}
      <Toasts />
      <Announcements />
      <DialogHost />
    </Page>
  );
}

/** The screen and the drawer next to it; each scrolls separately. */
function Content() {
  const app = useApp();
  const { screen, query } = useLocation();
  const { drawerWidth } = usePreferences();
  const listed = useValue(app.listed);
  const { open } = query;
  const isOpen = open !== undefined && screen !== undefined;
  useFocusReturn(open);
  return (
    <Drawer isExpanded={isOpen} isInline className={isOpen ? "pw-frame pw-has-details" : "pw-frame"}>
      <DrawerContent
        panelContent={
          isOpen && (
            <DrawerPanelContent
              isResizable
              minSize="20rem"
              maxSize="60rem"
              defaultSize={drawerWidth === undefined ? (screen === "" ? "660px" : "30rem") : `${drawerWidth}px`}
              increment={20}
              onResize={(_event, width) => setPreferences({ drawerWidth: Math.round(width) })}
              resizeAriaLabel="Width of the details"
            >
              <ErrorBoundary what="The details" resetKey={open}>
                <Suspense fallback={<LoadingLines label="Loading the details" />}>
                  {screen === "" ? <IncidentDrawer id={open} /> : <DetailsDrawer id={open} neighbours={listed} />}
                </Suspense>
              </ErrorBoundary>
            </DrawerPanelContent>
          )
        }
      >
        <DrawerContentBody className="pw-content">
          <PageBanners />
          <ErrorBoundary what="This screen" resetKey={screen}>
            <Suspense fallback={<LoadingLines label="Loading" />}>{screenOf(screen)}</Suspense>
          </ErrorBoundary>
        </DrawerContentBody>
      </DrawerContent>
    </Drawer>
  );
}

function screenOf(screen: ReturnType<typeof useLocation>["screen"]): ReactNode {
  switch (screen) {
    case "":
      return <IncidentsScreen />;
    case "incidents":
      return <IncidentScreen />;
    case "containers":
      return <ContainersScreen />;
    case "silences":
      return <SilencesScreen />;
    case "notifications":
      return <NotificationsScreen />;
    case "configuration":
      return <ConfigurationScreen />;
    default:
      return <NotFoundScreen />;
  }
}

/** When the drawer closes, the focus returns to its row, if it still exists. */
function useFocusReturn(open: string | undefined): void {
  const before = useRef(open);
  useEffect(() => {
    const closed = open === undefined ? before.current : undefined;
    before.current = open;
    if (closed === undefined) return;
    const name = CSS.escape(closed);
    const link = document.querySelector<HTMLElement>(`[data-row="${name}"], [data-incident="${name}"]`);
    (link ?? document.getElementById("title"))?.focus({ preventScroll: link === null });
  }, [open]);
}

function useTheme(): void {
  const preferences = usePreferences();
  const location = useLocation();
  useEffect(() => {
    const apply = () => applyTheme({ ...preferences, ...themeOf(location) });
    apply();
    return onSystemThemeChange(apply);
  }, [preferences, location]);
}

/** The polite live region. */
function Announcements() {
  const text = useValue(useApp().announcer);
  return (
    <div className="pf-v6-screen-reader" role="status" aria-live="polite" id="announcements">
      {text}
    </div>
  );
}
