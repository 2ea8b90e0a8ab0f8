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
// After the components, which import their own styles.
import "../../styles/records.css";

/** The current settings with the source of each value, and the health of the program. Read-only; never contains secrets. */
export default function ConfigurationScreen() {
  const config = useLoad("config", (signal) => call("GET config", { signal }));
  return (
    <section className="pw-screen pw-flow" aria-labelledby="title">
      <div className="pw-headline">
        <ScreenTitle>Configuration</ScreenTitle>
      </div>
      <HealthPanel />
      <Panel loaded={config} what="configuration">
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
          Current settings
        </Title>
        <Button
          variant="secondary"
          size="sm"
          icon={<CopyIcon />}
          onClick={() => void copyWithToast(app, yaml, "The configuration as YAML, without secrets")}
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
          title="The new configuration could not be loaded. The previous one is still in use."
        >
          <p>
            Attempted <When at={loaded.at} />.
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
        Overrides
      </Title>
      <ul className="pw-records">
        {overrides.map(({ where, key, value, problem }) => (
          <li key={`${where} ${key}`} className="pw-record">
            <div className="pw-record-main">
              <p>
                <strong>{where}</strong>: <code>{key}</code> = <code>{value}</code>
              </p>
              {problem !== undefined && <p className="pw-warning-line">Ignored: {problem}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
