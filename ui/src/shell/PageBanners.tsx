import { Alert, AlertActionLink } from "@patternfly/react-core";
import { useApp, useData } from "../context.ts";
import { clockTime } from "../format/time.ts";
import { usePreferences } from "../state/preferences.ts";
import { useValue } from "../state/value.ts";
import { signIn } from "./sign-in.ts";

/** Problems of the page itself, on every screen: lost updates, a lost session, a newer version. */
export function PageBanners() {
  const app = useApp();
  const { freshness, asOf } = useValue(app.link);
  const { pageVersion, serverVersion } = useData();
  const { zone } = usePreferences();
  return (
    <div className="pw-page-banners">
      {freshness === "stale" && (
        <Alert
          component="p"
          isInline
          variant="warning"
          title={`Live updates lost – data as of ${clockTime(asOf, zone)}`}
          actionLinks={
            <AlertActionLink component="button" onClick={app.retry}>
              Retry now
            </AlertActionLink>
          }
        >
          Alerts are sent by the server and do not depend on this page.
        </Alert>
      )}
      {freshness === "signed-out" && (
        <Alert
          component="p"
          isInline
          variant="warning"
          title={`Signed out – data as of ${clockTime(asOf, zone)}`}
          actionLinks={
            <AlertActionLink component="button" onClick={() => void signIn(app)}>
              Sign in
            </AlertActionLink>
          }
        >
          Your session has ended. The page shows the last data received.
        </Alert>
      )}
      {pageVersion !== serverVersion && (
        <Alert
          component="p"
          isInline
          variant="info"
          title={`New version ${serverVersion} – this page is still ${pageVersion}`}
          actionLinks={
            <AlertActionLink component="button" onClick={() => location.reload()}>
              Reload
            </AlertActionLink>
          }
        />
      )}
    </div>
  );
}
