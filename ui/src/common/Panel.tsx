import { Skeleton } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { ErrorPanel } from "./ErrorPanel.tsx";
import type { Loaded } from "./useLoad.ts";

interface PanelProps<T> {
  readonly loaded: Loaded<T>;
  /** The data, such as "events". */
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}

/** Shows loaded data, a skeleton while loading, or the error. A failed refresh is reported above the old data. */
export function Panel<T>({ loaded, what, children }: PanelProps<T>) {
  const { data, error, reload } = loaded;
  if (data !== undefined) {
    return (
      <>
        {error !== undefined && <p className="pw-warning-line">Could not refresh. This data may be out of date.</p>}
        {children(data)}
      </>
    );
  }
  if (error !== undefined)
    return <ErrorPanel what={`The ${what} could not be loaded`} error={error} onRetry={reload} headingLevel="h3" />;
  return <LoadingLines label={`Loading the ${what}`} />;
}

export function LoadingLines({ label, lines = 5 }: { readonly label: string; readonly lines?: number }) {
  return (
    <div className="pw-loading" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all are alike
        <Skeleton key={line} width={`${90 - line * 9}%`} />
      ))}
    </div>
  );
}
