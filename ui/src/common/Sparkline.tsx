import type { Bar } from "../state/timeline.ts";

const HEIGHT = 18;
const STEP = 4;
const WIDTH = 3;

/**
 * The restarts of the window as bars: grey before the threshold was reached, red from then on. Three paths instead of 24
 * rectangles, because a page has fifty of these.
 */
export function Sparkline({ bars, label }: { readonly bars: readonly Bar[]; readonly label: string }) {
  const top = Math.max(3, ...bars.map((bar) => bar.count));
  const paths = { none: "", under: "", over: "" };
  bars.forEach(({ count, over }, index) => {
    const height = count === 0 ? 1 : Math.max(4, Math.round((count / top) * HEIGHT));
    const kind = count === 0 ? "none" : over ? "over" : "under";
    paths[kind] += `M${index * STEP} ${HEIGHT}v${-height}h${WIDTH}v${height}z`;
  });
  return (
    <svg
      className="pw-sparkline"
      role="img"
      aria-label={label}
      width={bars.length * STEP}
      height={HEIGHT}
      viewBox={`0 0 ${bars.length * STEP} ${HEIGHT}`}
    >
      <path className="pw-bar-none" d={paths.none} />
      <path className="pw-bar-under" d={paths.under} />
      <path className="pw-bar-over" d={paths.over} />
    </svg>
  );
}
