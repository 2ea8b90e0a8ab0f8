import { TextInput, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import { type ReactNode, useState } from "react";
import type { ReceiverView } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { Commands } from "../../common/Command.tsx";
import { type Loaded, useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { useData, useNow } from "../../context.ts";
import { Receiver } from "./Receivers.tsx";
import { configurationYaml, nameProblem, RECEIVER_KINDS, type Setup, secretCommand } from "./setup.ts";

const SEVERITIES = ["all", "critical"] as const;

/** From a choice to a test message. Nothing is stored by the page: the reader applies it. */
export function SetUp() {
  const { meta } = useData();
  const [type, setType] = useState("slack");
  const [name, setName] = useState("team");
  const [fields, setFields] = useState<Readonly<Record<string, string>>>({});
  const [namespace, setNamespace] = useState("");
  const [severity, setSeverity] = useState<(typeof SEVERITIES)[number]>("all");
  const [isHelm, setHelm] = useState(false);
  const now = useNow();
  const receivers = useLoad("receivers", (signal) => call("GET receivers", { signal }), now);
  const existing = receivers.data?.receivers.find((each) => each.name !== name.trim())?.name;
  const kind = RECEIVER_KINDS.find((each) => each.type === type) ?? RECEIVER_KINDS[0];
  if (kind === undefined) return null;
  const matchers = [
    ...(namespace.trim() === "" ? [] : [`namespace=${JSON.stringify(namespace.trim())}`]),
    ...(severity === "all" ? [] : [`severity="${severity}"`]),
  ];
  const setup: Setup = { kind, name: name.trim(), fields, matchers, existing, isHelm, cli: meta.cli };
  const problem = nameProblem(setup.name);
  return (
    <div className="pw-set-up">
      <p className="pw-muted">
        The page stores nothing: run the commands in the namespace of Pod Watcher. To let your monitoring poll instead,
        see docs/integrations.md.
      </p>
      <ol className="pw-steps-of-set-up">
        <Step title="Choose the destination">
          <ToggleGroup aria-label="Destination" className="pw-kinds">
            {RECEIVER_KINDS.map((each) => (
              <ToggleGroupItem
                key={each.type}
                text={each.title}
                buttonId={`kind-${each.type}`}
                isSelected={each.type === type}
                onChange={() => setType(each.type)}
              />
            ))}
          </ToggleGroup>
        </Step>
        <Step title="Name it, and choose the alerts">
          <div className="pw-set-up-fields">
            <Field label="Name of the receiver" value={name} onChange={setName} problem={problem} />
            {kind.fields.map(({ key, label, example }) => (
              <Field
                key={key}
                label={label}
                value={fields[key] ?? ""}
                placeholder={example}
                onChange={(value) => setFields({ ...fields, [key]: value })}
              />
            ))}
            {existing !== undefined && (
              <Field
                label="Only this namespace"
                value={namespace}
                placeholder="all namespaces"
                onChange={setNamespace}
              />
            )}
          </div>
          {existing === undefined && (
            <p>The first receiver gets all alerts. You can narrow it once there is another.</p>
          )}
          {existing !== undefined && (
            <ToggleGroup aria-label="Severity">
              {SEVERITIES.map((each) => (
                <ToggleGroupItem
                  key={each}
                  text={each === "all" ? "All severities" : "Critical only"}
                  buttonId={`set-up-${each}`}
                  isSelected={each === severity}
                  onChange={() => setSeverity(each)}
                />
              ))}
            </ToggleGroup>
          )}
        </Step>
        {problem === undefined && (
          <>
            <Step title="Store the secret in the cluster">
              <ToggleGroup aria-label="Installation">
                <ToggleGroupItem
                  text="Installed without Helm"
                  buttonId="set-up-plain"
                  isSelected={!isHelm}
                  onChange={() => setHelm(false)}
                />
                <ToggleGroupItem
                  text="Installed with Helm"
                  buttonId="set-up-helm"
                  isSelected={isHelm}
                  onChange={() => setHelm(true)}
                />
              </ToggleGroup>
              {kind.secret === undefined ? (
                <p>
                  It needs no secret, but permission to create Events in the watched namespaces (in the chart:{" "}
                  <code>rbac.writeEvents</code>).
                </p>
              ) : (
                <>
                  <p>
                    The first command waits for {kind.secret.what}: paste it and press Enter. It is not shown, and is
                    not kept in the history of the shell.
                  </p>
                  <Commands lines={[secretCommand(setup)]} />
                </>
              )}
            </Step>
            <Step
              title={
                isHelm ? "Add this to the values of the release, and upgrade it" : "Add this to the configuration file"
              }
            >
              <p>Merge it with the receivers and the route that are there.</p>
              <Commands lines={[configurationYaml(setup)]} what="the configuration" />
            </Step>
            <Step title="Send a test message">
              <Arrival name={setup.name} receivers={receivers} />
            </Step>
          </>
        )}
      </ol>
    </div>
  );
}

interface ArrivalProps {
  readonly name: string;
  readonly receivers: Loaded<{ readonly receivers: readonly ReceiverView[] }>;
}

/** Turns to the test by itself once the receiver is loaded; otherwise it shows what is wrong with the configuration. */
function Arrival({ name, receivers }: ArrivalProps) {
  const now = useNow();
  const config = useLoad("config", (signal) => call("GET config", { signal }), now);
  const loaded = config.data?.loaded;
  const receiver = receivers.data?.receivers.find((each) => each.name === name);
  return (
    <>
      {loaded?.ok === false && (
        <div role="alert">
          <p>The configuration has errors; the previous one stays in force:</p>
          <Commands lines={loaded.problems ?? []} what="the errors" />
        </div>
      )}
      {receiver === undefined ? (
        <p role="status">Waiting for the receiver {name} in the configuration. This page checks every 15 seconds.</p>
      ) : (
        <>
          <p role="status">
            <CheckCircleIcon className="pw-is-normal" /> The receiver {name} is there
            {loaded?.ok === true && (
              <>
                ; the configuration was loaded <When at={loaded.at} now={now} as="relative" />
              </>
            )}
            .
          </p>
          <ul className="pw-receivers">
            <Receiver receiver={receiver} onSent={receivers.reload} />
          </ul>
        </>
      )}
    </>
  );
}

function Step({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <li>
      <h2 className="pw-heading">{title}</h2>
      {children}
    </li>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly problem?: string | undefined;
  readonly onChange: (value: string) => void;
}

function Field({ label, value, placeholder = "", problem, onChange }: FieldProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: PatternFly renders the input
    <label>
      {label}
      <TextInput
        value={value}
        placeholder={placeholder}
        validated={problem === undefined ? "default" : "error"}
        aria-label={label}
        onChange={(_event, next) => onChange(next)}
      />
      {problem !== undefined && <span className="pw-condition-problem">{problem}</span>}
    </label>
  );
}
