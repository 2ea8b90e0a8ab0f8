import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Skeleton,
} from "@patternfly/react-core";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import { useEffect, useState } from "react";
import type { SignIn } from "../../../src/http/base/api-types.ts";
import { ErrorPanel } from "../common/ErrorPanel.tsx";
import { beginSignIn } from "../common/sign-in.ts";
import { useApp } from "../context.ts";

/** Shorter waits show nothing, to avoid a flash. */
const SKELETON_AFTER_MS = 300;

export function LoadingScreen() {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isLong) return <div className="pw-frame pw-plain" />;
  return (
    <div className="pw-frame pw-plain">
      <div className="pw-content">
        <div className="pw-screen">
          <div className="pw-headline">
            <h1 role="status">Loading…</h1>
          </div>
          <div className="pw-loading" aria-hidden="true">
            {Array.from({ length: 6 }, (_, line) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: all are alike
              <Skeleton key={line} height="4rem" />
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}

export function FailedScreen({ error }: { readonly error: unknown }) {
  const { start } = useApp();
  return (
    <div className="pw-frame pw-plain">
      <ErrorPanel what="The list could not be loaded" error={error} onRetry={() => void start()} headingLevel="h1" />
    </div>
  );
}

export function SignedOutScreen({ how }: { readonly how: SignIn | undefined }) {
  const app = useApp();
  return (
    <div className="pw-frame pw-plain">
      <EmptyState icon={LockIcon} titleText="Sign in to see the incidents" headingLevel="h1">
        <EmptyStateBody>You will see the namespaces that you can access in the cluster.</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={() => beginSignIn(app, how)}>Sign in</Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </div>
  );
}
