import { ExpandableSection } from "@patternfly/react-core";
import type { Timeline as TimelineData, TimelineMark } from "../../../src/http/api/wire.ts";
import { When } from "../common/When.tsx";
import { plural } from "../format/text.ts";
import { BARS, timelineBars } from "../state/timeline.ts";

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

/** The restarts of the window with a time axis, the threshold as a line over the running count, and what was done. */
export function Timeline({ timeline }: { readonly timeline: TimelineData }) {
  const { from, to, threshold, restarts, marks } = timeline;
  const window = to - from;
  const times = restarts.map((restart) => restart.at).filter((at) => at > from && at <= to);
  const bars = timelineBars(times, to, window, threshold);
  const top = Math.max(threshold, ...bars.map((bar) => bar.count), 1);
  const y = (count: number) => HEIGHT - (count / top) * (HEIGHT - 8);
  const x = (at: number) => ((at - from) / window) * WIDTH;
  const shown = marks.filter((mark) => mark.at >= from && mark.at <= to);
  return (
    <figure className="pw-timeline">
      <figcaption className="pw-heading">Restarts in the window</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT + 2}`}
        role="img"
        aria-label={`${plural(times.length, "restart")} in the window, threshold ${threshold}. The table below has the same.`}
        preserveAspectRatio="none"
      >
        <line className="pw-axis" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        {bars.map(({ count, over }, place) =>
          count === 0 ? null : (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
              key={place}
              className={over ? "pw-bar-over" : "pw-bar-under"}
              x={place * STEP + 2}
              width={STEP - 4}
              y={y(count)}
              height={HEIGHT - y(count)}
            />
          ),
        )}
        <line className="pw-threshold" x1="0" x2={WIDTH} y1={y(threshold)} y2={y(threshold)} />
        {shown.map((mark) => (
          <line
            key={`${mark.kind} ${mark.at}`}
            className={`pw-mark pw-mark-${mark.kind}`}
            x1={x(mark.at)}
            x2={x(mark.at)}
            y1="0"
            y2={HEIGHT}
          />
        ))}
      </svg>
      <div className="pw-timeline-axis pw-muted">
        <When at={from} now={to} as="short" />
        <span>threshold {threshold} (dashed)</span>
        <When at={to} now={to} as="short" />
      </div>
      {shown.length > 0 && (
        <ul className="pw-marks">
          {shown.map((mark) => (
            <li key={`${mark.kind} ${mark.at}`}>
              <span className={`pw-mark-key pw-mark-${mark.kind}`} aria-hidden="true" />
              <When at={mark.at} now={to} as="short" /> {MARKS[mark.kind]}: {mark.text}
            </li>
          ))}
        </ul>
      )}
      <ExpandableSection toggleText={`The same as a table (${plural(times.length, "restart")})`} isIndented>
        <RestartTable timeline={timeline} />
      </ExpandableSection>
    </figure>
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
        {timeline.restarts.map((restart, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two restarts may bear the same second
          <tr key={`${restart.at} ${place}`}>
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
