import { Button } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import { type ComponentType, useState } from "react";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { ReceiverView } from "../../../../src/http/base/api-types.ts";
import { failed } from "../../actions.ts";
import { call } from "../../api.ts";
import { Chip } from "../../common/Chip.tsx";
import { Panel } from "../../common/Panel.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { refusalOf, useApp, useCan, useNow } from "../../context.ts";
import { plural } from "../../format/text.ts";
import { changeQuery } from "../../state/location.ts";

const STYLES: Record<ReceiverView["state"], readonly [text: string, color: string, Icon: ComponentType]> = {
  ok: ["Working", "success", CheckCircleIcon],
  failing: ["Failing", "danger", ExclamationTriangleIcon],
  unused: ["Not used yet", "grey", MinusCircleIcon],
};

/** The receivers, their state, and a button to test each. */
export function Receivers() {
  const now = useNow();
  const loaded = useLoad("receivers", (signal) => call("GET receivers", { signal }), now);
  return (
    <Panel loaded={loaded} what="receivers">
      {({ receivers }) =>
        receivers.length === 0 ? (
          <p className="pw-muted pw-no-receivers">
            No receiver that you see is configured. Incidents are shown here, and consumers can pull alerts.{" "}
            <Button variant="link" isInline onClick={() => changeQuery({ part: "setup" })}>
              Set up notifications
            </Button>
          </p>
        ) : (
          <ul className="pw-receivers" aria-label="Receivers">
            {receivers.map((receiver) => (
              <Receiver key={receiver.name} receiver={receiver} onSent={loaded.reload} />
            ))}
          </ul>
        )
      }
    </Panel>
  );
}

export function Receiver({ receiver, onSent }: { readonly receiver: ReceiverView; readonly onSent: () => void }) {
  const app = useApp();
  const can = useCan();
  const now = useNow();
  const [isSending, setSending] = useState(false);
  const [text, color, Icon] = STYLES[receiver.state];
  const refused = refusalOf(can.testReceivers);
  const { name } = receiver;
  async function test(): Promise<void> {
    setSending(true);
    try {
      const { delivered, latencyMs, detail } = await call("POST receivers/{name}/test", { path: { name } });
      app.toasts.add({
        variant: delivered ? "success" : "danger",
        title: delivered
          ? `${name} accepted the test message in ${formatSpan(latencyMs)}`
          : `${name} did not accept the test message`,
        ...(detail === undefined ? {} : { detail }),
      });
      onSent();
    } catch (error) {
      failed(app, `The test message to ${name} could not be sent`, error, () => void test());
    } finally {
      setSending(false);
    }
  }
  return (
    <li className="pw-receiver">
      <span className="pw-receiver-head">
        <strong>{name}</strong>
        <span className="pw-muted">{receiver.kind}</span>
        <Chip color={color} icon={<Icon />} outline>
          {text}
        </Chip>
      </span>
      <span className="pw-muted">
        {receiver.problem !== undefined && `${receiver.problem}. `}
        {receiver.pending > 0 && `${plural(receiver.pending, "notification")} pending. `}
        {receiver.lastDeliveredAt !== undefined && (
          <>
            Last delivered <When at={receiver.lastDeliveredAt} now={now} as="relative" />.
          </>
        )}
      </span>
      <Button
        size="sm"
        variant="secondary"
        isAriaDisabled={refused !== undefined || isSending}
        title={refused}
        isLoading={isSending}
        onClick={() => void test()}
      >
        Send test message
      </Button>
    </li>
  );
}
