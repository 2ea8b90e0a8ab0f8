import { lazy, Suspense } from "react";
import { ErrorBoundary } from "../common/ErrorBoundary.tsx";
import { useApp } from "../context.ts";
import { useValue } from "../state/value.ts";

const Dialogs = lazy(() => import("./Dialogs.tsx"));

/** The open dialog, if any. Its code is loaded with the first one. */
export function DialogHost() {
  const app = useApp();
  const dialog = useValue(app.dialog);
  if (dialog === undefined) return null;
  return (
    <ErrorBoundary what="The dialog" resetKey={dialog.kind}>
      <Suspense fallback={null}>
        <Dialogs dialog={dialog} close={() => app.dialog.set(undefined)} />
      </Suspense>
    </ErrorBoundary>
  );
}
