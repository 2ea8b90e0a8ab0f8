import { Alert, Button, Title } from "@patternfly/react-core";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import type { ConfigView } from "../../../../src/http/base/api-types.ts";
import { copyWithToast } from "../../actions.ts";
import { call } from "../../api.ts";
import { Panel } from "../../common/Panel.tsx";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { useApp, useNow } from "../../context.ts";
import { ConfigGroups } from "./ConfigGroups.tsx";
import { HealthPanel } from "./HealthPanel.tsx";
// After the components, whose own styles come in with them.
import "../../styles/records.css";

/** What is in force, where each value comes from, and how the program itself is doing. Read-only; secrets never come here. */
export default function ConfigurationScreen() {
  const config = useLoad("config", (signal) => call("GET config", { signal }));
  return (
    <section aria-labelledby="title">
      <ScreenTitle>Configuration</ScreenTitle>
      <HealthPanel />
      <Panel loaded={config} whatFails="The configuration could not be loaded" whatLoads="Loading the configuration">
        {(data) => (
          <>
            <ConfigHead config={data} />
            <ConfigGroups groups={data.groups} />
            <Overrides overrides={data.overrides} />
          </>
        )}
      </Panel>
    </section>
  );
}

function ConfigHead({ config }: { readonly config: ConfigView }) {
  const app = useApp();
  const now = useNow();
  const { loaded, file, yaml } = config;
  return (
    <>
      <div className="pw-screen-head">
        <Title headingLevel="h2" size="xl">
          What is in force
        </Title>
        <Button
          variant="secondary"
          size="sm"
          icon={<CopyIcon />}
          onClick={() => void copyWithToast(app, yaml, "The configuration as YAML, secrets left out")}
        >
          Copy as YAML
        </Button>
      </div>
      {loaded.ok ? (
        <p className="pw-muted">
          Loaded <When at={loaded.at} now={now} as="relative" /> (<When at={loaded.at} />)
          {file !== undefined && (
            <>
              {" "}
              from <code>{file}</code>
            </>
          )}
          .
        </p>
      ) : (
        <Alert
          component="p"
          isInline
          variant="danger"
          title="The new configuration could not be loaded: the old one is in force"
        >
          <p>
            Tried <When at={loaded.at} />.
          </p>
          <ul className="pw-alerts">
            {(loaded.problems ?? []).map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Alert>
      )}
    </>
  );
}

function Overrides({ overrides }: Pick<ConfigView, "overrides">) {
  if (overrides.length === 0) return null;
  return (
    <section aria-labelledby="overrides">
      <Title headingLevel="h3" size="lg" id="overrides" className="pw-heading">
        Where other values hold
      </Title>
      <ul className="pw-records">
        {overrides.map(({ where, key, value, problem }) => (
          <li key={`${where} ${key}`} className="pw-record">
            <div className="pw-record-main">
              <p>
                <strong>{where}</strong>: <code>{key}</code> = <code>{value}</code>
              </p>
              {problem !== undefined && <p className="pw-warning-line">Not in force: {problem}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
