import { Alert, AlertActionLink } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { signIn } from "../common/sign-in.ts";
import { useApp, useData } from "../context.ts";
import { minuteTime } from "../format/time.ts";
import { usePreferences } from "../state/preferences.ts";
import { useValue } from "../state/value.ts";

/** Problems of the page itself, on every screen: a server that does not answer, a lost session, a newer version. */
export function PageBanners() {
  const app = useApp();
  const { freshness, asOf, reason } = useValue(app.link);
  const { pageVersion, serverVersion } = useData();
  const { zone } = usePreferences();
  return (
    <div className="pw-page-banners">
      {freshness === "stale" && (
        <div role="alert">
          <Alert
            component="p"
            isInline
            variant="danger"
            title={`The server has not answered since ${minuteTime(asOf, zone)}. It is not known whether anyone is being notified.`}
            actionLinks={
              <AlertActionLink component="button" onClick={app.retry}>
                Try now
              </AlertActionLink>
            }
          >
            Actions are off until it answers. <NextTry />
          </Alert>
        </div>
      )}
      {freshness === "signed-out" && (
        <Alert
          component="p"
          isInline
          variant="warning"
          title={`Signed out, data as of ${minuteTime(asOf, zone)}`}
          actionLinks={
            <AlertActionLink component="button" onClick={() => void signIn(app)}>
              Sign in
            </AlertActionLink>
          }
        >
          Your session has ended. The page shows the last data received.
        </Alert>
      )}
      {freshness === "denied" && (
        <Alert
          component="p"
          isInline
          variant="warning"
          title={`No access, data as of ${minuteTime(asOf, zone)}`}
          actionLinks={
            <AlertActionLink component="button" onClick={app.retry}>
              Try again
            </AlertActionLink>
          }
        >
          {reason} The page shows the last data received and does not update.
        </Alert>
      )}
      {pageVersion !== serverVersion && (
        <Alert
          component="p"
          isInline
          variant="info"
          title={`Pod Watcher was upgraded to ${serverVersion}; this page is still ${pageVersion}`}
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

/** Counts down to the next attempt. */
function NextTry() {
  const { link } = useApp();
  const { nextTryAt } = useValue(link);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  if (nextTryAt === undefined) return null;
  const seconds = Math.ceil((nextTryAt - now) / 1_000);
  return seconds > 0 ? <span aria-hidden="true">Next try in {seconds} s.</span> : "Trying now.";
}
