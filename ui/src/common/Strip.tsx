import { memo } from "react";
import { stripText } from "../format/incident.ts";

/** Height carries the severity as well as colour. */
const SHAPES = {
  ".": ["normal", 4],
  w: ["warning", 11],
  u: ["unknown", 14],
  c: ["critical", 18],
} as const;

const STEP = 100 / 48;
const WIDTH = 1.42;
const BOTTOM = 19;

/** The last 24 hours as half hours: at most four paths, because a page has forty of these. */
export const Strip = memo(function Strip({ strip }: { readonly strip: string }) {
  const paths = new Map<string, string>();
  [...strip].forEach((letter, index) => {
    const shape = SHAPES[letter as keyof typeof SHAPES];
    if (shape === undefined) return;
    const [name, height] = shape;
    const path = `M${(index * STEP).toFixed(2)} ${BOTTOM - height}h${WIDTH}v${height}h-${WIDTH}z`;
    paths.set(name, (paths.get(name) ?? "") + path);
  });
  return (
    <svg className="pw-strip" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label={stripText(strip)}>
      {[...paths].map(([name, path]) => (
        <path key={name} className={`pw-strip-${name}`} d={path} />
      ))}
    </svg>
  );
});
