import { useEffect, useRef } from "react";
import { plural } from "../../format/text.ts";

interface LogLinesProps {
  readonly lines: readonly string[];
  readonly search: string;
  readonly wrap: boolean;
  readonly masked: number;
}

/** Keeps the stamps that the lines bring. Text only: what a container prints is never taken for markup. */
export function LogLines({ lines, search, wrap, masked }: LogLinesProps) {
  const box = useRef<HTMLElement>(null);
  // The last line says why it ended.
  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines begin at their end again
  useEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const sought = search.trim().toLowerCase();
  const found = sought === "" ? lines : lines.filter((line) => line.toLowerCase().includes(sought));
  return (
    <>
      <p className="pw-muted" role="status">
        {sought === "" ? `Last ${plural(lines.length, "line")}` : `${found.length} of ${plural(lines.length, "line")}`}
        {masked > 0 && ` · ${plural(masked, "secret")} masked`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section ref={box} className={wrap ? "pw-log pw-log-wrap" : "pw-log"} tabIndex={0} aria-label="Log">
        <pre>
          {found.map((line, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: equal lines are common, and the list is replaced whole
            <span key={place}>
              <Marked text={line} sought={sought} />
              {"\n"}
            </span>
          ))}
        </pre>
      </section>
    </>
  );
}

/** The text with what was sought marked. */
function Marked({ text, sought }: { readonly text: string; readonly sought: string }) {
  if (sought === "") return text;
  const parts: { readonly text: string; readonly hit: boolean }[] = [];
  const lower = text.toLowerCase();
  let at = 0;
  for (let hit = lower.indexOf(sought); hit >= 0; hit = lower.indexOf(sought, at)) {
    parts.push({ text: text.slice(at, hit), hit: false }, { text: text.slice(hit, hit + sought.length), hit: true });
    at = hit + sought.length;
  }
  parts.push({ text: text.slice(at), hit: false });
  return parts.map((part, place) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
    part.hit ? <mark key={place}>{part.text}</mark> : part.text,
  );
}
