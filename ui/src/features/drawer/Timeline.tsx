import { ExpandableSection } from "@patternfly/react-core";
import type { Timeline as TimelineData, TimelineMark } from "../../../../src/http/base/api-types.ts";
import { When } from "../../common/When.tsx";
import { count, plural } from "../../format/text.ts";
import { BARS, timelineBars } from "../../state/timeline.ts";

const WIDTH = 480;
const HEIGHT = 96;
const STEP = WIDTH / BARS;

const MARKS: Record<TimelineMark["kind"], string> = {
  alert: "alert",
  sent: "sent",
  ack: "acknowledged",
  silence: "silenced",
  resolved: "resolved",
};

/** More are listed under History. */
const SHOWN_MARKS = 6;

interface TimelineProps {
  readonly timeline: TimelineData;
  /** False for a workload or a namespace, which has marks only. */
  readonly hasRestarts: boolean;
}

/** The restarts of the window on a time axis, the threshold as a line, and marks for alerts and actions. */
export function Timeline({ timeline, hasRestarts }: TimelineProps) {
  const { from, to, marks } = timeline;
  const shown = marks.filter((mark) => mark.at >= from && mark.at <= to);
  if (!hasRestarts) return <Marks marks={shown} now={to} />;
  return (
    <figure className="pw-timeline">
      <figcaption className="pw-heading">Restarts in the window</figcaption>
      <Chart timeline={timeline} marks={shown} />
      <div className="pw-timeline-axis pw-muted">
        <When at={from} now={to} as="short" />
        <span>threshold {timeline.threshold} (dashed)</span>
        <When at={to} now={to} as="short" />
      </div>
      <Marks marks={shown} now={to} />
      <ExpandableSection
        toggleText={`Show as a table (${plural(restartTimes(timeline).length, "restart")})`}
        isIndented
      >
        <RestartTable timeline={timeline} />
      </ExpandableSection>
    </figure>
  );
}

function restartTimes({ from, to, restarts }: TimelineData): number[] {
  return restarts.map((restart) => restart.at).filter((at) => at > from && at <= to);
}

function Chart({ timeline, marks }: { readonly timeline: TimelineData; readonly marks: readonly TimelineMark[] }) {
  const { from, to, threshold } = timeline;
  const window = to - from;
  const times = restartTimes(timeline);
  const bars = timelineBars(times, to, window, threshold);
  const top = Math.max(threshold, ...bars.map((bar) => bar.count), 1);
  const y = (count: number) => HEIGHT - (count / top) * (HEIGHT - 8);
  const x = (at: number) => ((at - from) / window) * WIDTH;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT + 2}`}
      role="img"
      aria-label={`${plural(times.length, "restart")} in the window, threshold ${threshold}. The table below lists them.`}
      preserveAspectRatio="none"
    >
      <line className="pw-axis" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      {bars.map(({ count: restarts, over }, index) =>
        restarts === 0 ? null : (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other identity
            key={index}
            className={over ? "pw-bar-over" : "pw-bar-under"}
            x={index * STEP + 2}
            width={STEP - 4}
            y={y(restarts)}
            height={HEIGHT - y(restarts)}
          />
        ),
      )}
      <line className="pw-threshold" x1="0" x2={WIDTH} y1={y(threshold)} y2={y(threshold)} />
      {marks.map((mark, index) => (
        <line
          // biome-ignore lint/suspicious/noArrayIndexKey: two marks may have the same time
          key={index}
          className={`pw-mark pw-mark-${mark.kind}`}
          x1={x(mark.at)}
          x2={x(mark.at)}
          y1="0"
          y2={HEIGHT}
        />
      ))}
    </svg>
  );
}

/** The text of a sent notification may already start with "sent". */
function describeMark({ kind, text }: TimelineMark): string {
  return kind === "sent" && /^sent\b/i.test(text) ? text : `${MARKS[kind]}: ${text}`;
}

/** The newest marks, one line each. */
function Marks({ marks, now }: { readonly marks: readonly TimelineMark[]; readonly now: number }) {
  if (marks.length === 0) return null;
  const newest = marks.slice(-SHOWN_MARKS);
  return (
    <ul className="pw-marks" aria-label="Alerts and actions">
      {marks.length > newest.length && (
        <li className="pw-muted">{count(marks.length - newest.length)} earlier: see History</li>
      )}
      {newest.map((mark, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two marks may have the same time
        <li key={index} title={mark.text}>
          <span className={`pw-mark-key pw-mark-${mark.kind}`} aria-hidden="true" />
          <When at={mark.at} now={now} as="short" /> {describeMark(mark)}
        </li>
      ))}
    </ul>
  );
}

function RestartTable({ timeline }: { readonly timeline: TimelineData }) {
  return (
    <table className="pw-plain-table">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Exit code</th>
          <th scope="col">Reason</th>
        </tr>
      </thead>
      <tbody>
        {timeline.restarts.map((restart, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two restarts may have the same time
          <tr key={`${restart.at} ${index}`}>
            <td>
              <When at={restart.at} />
              {restart.inferred === true && <span className="pw-muted"> (time inferred)</span>}
            </td>
            <td>{restart.exitCode ?? "–"}</td>
            <td>{restart.reason ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
