import type { IncidentDetails } from "../../../../src/http/base/api-types.ts";
import { Commands } from "../../common/Command.tsx";
import { useNow } from "../../context.ts";
import { shortMinute } from "../../format/time.ts";
import { usePreferences } from "../../state/preferences.ts";

/** Sentences, and commands to copy. The page never runs one. */
export function StepsPart({ details }: { readonly details: IncidentDetails }) {
  const { steps, mentions } = details;
  const now = useNow();
  const { zone } = usePreferences();
  if (steps.length === 0) return <p className="pw-sub">No remedy is known for this cause.</p>;
  return (
    <>
      <ol className="pw-steps">
        {steps.map(({ text, command }) => (
          <li key={`${text} ${command}`}>
            <div>
              {text}
              {command !== undefined && <Commands lines={command.split("\n")} />}
            </div>
          </li>
        ))}
      </ol>
      {mentions.map(({ name, kind, namespace, ready, wanted, lastRestartAt }) => (
        <p key={`${kind} ${name}`} className="pw-mention">
          {name} is a {kind} in {namespace}
          {ready !== undefined && wanted !== undefined && `, ${ready} of ${wanted} ready`}
          {lastRestartAt !== undefined && `, restarted ${shortMinute(lastRestartAt, now, zone)}`}.
        </p>
      ))}
    </>
  );
}
