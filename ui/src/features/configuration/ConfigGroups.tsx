import "@patternfly/react-styles/css/components/Table/table.css";
import { Title } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import { Fragment, useId, useState } from "react";
import type { ConfigEntry, ConfigGroup } from "../../../../src/http/base/api-types.ts";
import { Chip } from "../../common/Chip.tsx";

export function ConfigGroups({ groups }: { readonly groups: readonly ConfigGroup[] }) {
  return groups.map(({ id, title, entries }) => (
    <section key={id} aria-labelledby={`group-${id}`}>
      <Title headingLevel="h3" size="lg" id={`group-${id}`} className="pw-heading">
        {title}
      </Title>
      <div className="pw-table-scroll">
        <table className="pf-v6-c-table pf-m-compact pw-config" aria-labelledby={`group-${id}`}>
          <thead className="pf-v6-c-table__thead">
            <tr className="pf-v6-c-table__tr">
              {["Key", "Value", "Source", "Validity"].map((text) => (
                <th key={text} scope="col" className="pf-v6-c-table__th">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="pf-v6-c-table__tbody">
            {entries.map((entry) => (
              <Entry key={entry.key} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  ));
}

const SOURCES: Record<ConfigEntry["source"]["kind"], string> = {
  default: "Default",
  file: "File",
  environment: "Environment",
  secret: "Secret",
};

function Entry({ entry }: { readonly entry: ConfigEntry }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const { key, source, problem, description } = entry;
  return (
    <Fragment>
      <tr className="pf-v6-c-table__tr">
        <th scope="row" className="pf-v6-c-table__th pw-config-key">
          <span className="pw-config-name">
            <code>{key}</code>
            <button
              type="button"
              className="pw-what"
              aria-expanded={isOpen}
              aria-controls={id}
              aria-label={`What does ${key} mean?`}
              title="What does this mean?"
              onClick={() => setOpen(!isOpen)}
            >
              <QuestionCircleIcon />
            </button>
          </span>
        </th>
        <td className="pf-v6-c-table__td pw-break" data-label="Value">
          <Value entry={entry} />
          {entry.nextStart !== undefined && (
            <div>
              <strong>After a restart:</strong> <code>{entry.nextStart}</code>
            </div>
          )}
        </td>
        <td className="pf-v6-c-table__td" data-label="Source">
          {SOURCES[source.kind]}
          {source.detail !== undefined && <span className="pw-muted pw-break"> {source.detail}</span>}
        </td>
        <td className="pf-v6-c-table__td" data-label="Validity">
          {problem === undefined ? (
            <Chip color="success" icon={<CheckCircleIcon />} outline>
              Valid
            </Chip>
          ) : (
            <>
              <Chip color="danger" icon={<ExclamationCircleIcon />} outline>
                Invalid
              </Chip>{" "}
              {problem}
            </>
          )}
        </td>
      </tr>
      <tr className="pf-v6-c-table__tr" id={id} hidden={!isOpen}>
        <td className="pf-v6-c-table__td" colSpan={4}>
          {description} {entry.default !== undefined && <span className="pw-muted">Default: {entry.default}.</span>}
        </td>
      </tr>
    </Fragment>
  );
}

/** A secret is shown only as set or not set, with its location. */
function Value({ entry: { value, secret } }: { readonly entry: ConfigEntry }) {
  if (secret === undefined)
    return value === undefined ? <span className="pw-muted">not set</span> : <code>{value}</code>;
  const where = [secret.name, secret.key].filter(Boolean).join(", key ");
  return (
    <>
      <em>{secret.state}</em>
      {where !== "" && <span className="pw-muted"> (Secret {where})</span>}
    </>
  );
}
