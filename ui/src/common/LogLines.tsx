import { useEffect, useRef } from "react";
import { plural } from "../format/text.ts";

interface LogLinesProps {
  readonly lines: readonly string[];
  readonly search: string;
  readonly wrap: boolean;
  readonly masked: number;
}

/** The lines of a log with their own timestamps, rendered as plain text. */
export function LogLines({ lines, search, wrap, masked }: LogLinesProps) {
  const scroller = useRef<HTMLElement>(null);
  // Scroll to the end: the last line shows why the container exited.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for each new log
  useEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [lines]);
  const query = search.trim().toLowerCase();
  const found = query === "" ? lines : lines.filter((line) => line.toLowerCase().includes(query));
  return (
    <>
      <p className="pw-muted" role="status">
        {query === "" ? `Last ${plural(lines.length, "line")}` : `${found.length} of ${plural(lines.length, "line")}`}
        {masked > 0 && ` · ${plural(masked, "secret")} masked`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard */}
      <section ref={scroller} className={wrap ? "pw-log pw-log-wrap" : "pw-log"} tabIndex={0} aria-label="Log">
        <pre>
          {found.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: equal lines are common, and the list is replaced as a whole
            <span key={index}>
              <Marked text={line} query={query} />
              {"\n"}
            </span>
          ))}
        </pre>
      </section>
    </>
  );
}

/** The text with the matches marked. */
function Marked({ text, query }: { readonly text: string; readonly query: string }) {
  if (query === "") return text;
  const parts: { readonly text: string; readonly hit: boolean }[] = [];
  const lower = text.toLowerCase();
  let at = 0;
  for (let hit = lower.indexOf(query); hit >= 0; hit = lower.indexOf(query, at)) {
    parts.push({ text: text.slice(at, hit), hit: false }, { text: text.slice(hit, hit + query.length), hit: true });
    at = hit + query.length;
  }
  parts.push({ text: text.slice(at), hit: false });
  return parts.map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity
    part.hit ? <mark key={index}>{part.text}</mark> : part.text,
  );
}
