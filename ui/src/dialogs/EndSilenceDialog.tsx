import type { Silence } from "../../../src/http/base/api-types.ts";
import { silencesChanged } from "../actions.ts";
import { call } from "../api.ts";
import { useApp } from "../context.ts";
import { plural } from "../format/text.ts";
import { FormDialog } from "./FormDialog.tsx";
import { describeScope } from "./scopes.ts";
import { useSubmit } from "./useSubmit.ts";

interface EndSilenceDialogProps {
  readonly silence: Silence;
  readonly close: () => void;
}

export function EndSilenceDialog({ silence, close }: EndSilenceDialogProps) {
  const app = useApp();
  const submit = useSubmit(async () => {
    await call("DELETE silences/{id}", { path: { id: silence.id } });
    app.toasts.add({ variant: "success", title: "The silence was ended", detail: describeScope(silence.scope) });
    silencesChanged(app);
    close();
  }, silence.id);
  return (
    <FormDialog
      title="End this silence now?"
      description={describeScope(silence.scope)}
      submit="End now"
      isDanger
      isPending={submit.isPending}
      error={submit.error}
      onSubmit={submit.run}
      close={close}
    >
      <p>
        {silence.failing === 0
          ? "Nothing that it covers is failing now."
          : `${plural(silence.failing, "container")} that it covers ${silence.failing === 1 ? "is" : "are"} failing: notifications will be sent at once.`}
      </p>
    </FormDialog>
  );
}
