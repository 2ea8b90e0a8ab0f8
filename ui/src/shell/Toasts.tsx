import { Alert, AlertActionCloseButton, AlertActionLink, AlertGroup } from "@patternfly/react-core";
import { useApp } from "../context.ts";
import { TOAST_MS } from "../state/toasts.ts";
import { useValue } from "../state/value.ts";

/** Short messages in the corner. Errors stay until they are closed. */
export function Toasts() {
  const { toasts } = useApp();
  const shown = useValue(toasts);
  return (
    <AlertGroup hasAnimations isToast isLiveRegion aria-label="Messages">
      {shown.map(({ id, variant, title, detail, actions = [] }) => (
        <Alert
          component="p"
          key={id}
          variant={variant}
          title={title}
          timeout={variant === "danger" ? false : TOAST_MS}
          onTimeout={() => toasts.remove(id)}
          actionClose={<AlertActionCloseButton onClose={() => toasts.remove(id)} />}
          actionLinks={actions.map(({ label, run }) => (
            <AlertActionLink key={label} component="button" onClick={run}>
              {label}
            </AlertActionLink>
          ))}
        >
          {detail !== undefined && detail !== "" && <span className="pw-toast-detail">{detail}</span>}
        </Alert>
      ))}
    </AlertGroup>
  );
}
