import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import { describeError } from "../api.ts";

interface ErrorPanelProps {
  readonly error: unknown;
  /** The failure, such as "The events could not be loaded". */
  readonly what: string;
  readonly onRetry?: (() => void) | undefined;
  readonly headingLevel?: "h1" | "h2" | "h3";
}

/** Replaces a part of the page that could not be loaded. */
export function ErrorPanel({ error, what, onRetry, headingLevel = "h2" }: ErrorPanelProps) {
  const { title, detail, requestId } = describeError(error);
  return (
    <EmptyState status="danger" icon={ExclamationCircleIcon} titleText={what} headingLevel={headingLevel} variant="sm">
      <EmptyStateBody>
        <p>{title}</p>
        {detail !== "" && <p>{detail}</p>}
        {requestId !== undefined && (
          <p className="pw-muted">
            Request id for the log: <code>{requestId}</code>
          </p>
        )}
      </EmptyStateBody>
      {onRetry !== undefined && (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="primary" onClick={onRetry}>
              Retry
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
