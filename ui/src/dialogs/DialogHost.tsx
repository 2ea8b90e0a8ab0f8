import { lazy, Suspense } from "react";
import { ErrorBoundary } from "../common/ErrorBoundary.tsx";
import { useApp } from "../context.ts";
import { useValue } from "../state/value.ts";

const Dialogs = lazy(() => import("./Dialogs.tsx"));

/** The one dialogue that may be open; its code is loaded with the first. */
export function DialogHost() {
  const app = useApp();
  const dialog = useValue(app.dialog);
  if (dialog === undefined) return null;
  return (
    <ErrorBoundary what="The dialogue" resetKey={dialog.kind}>
      <Suspense fallback={null}>
        <Dialogs dialog={dialog} close={() => app.dialog.set(undefined)} />
      </Suspense>
    </ErrorBoundary>
  );
}
