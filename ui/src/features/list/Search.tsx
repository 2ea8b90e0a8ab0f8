import { useEffect, useRef, useState } from "react";
import { SearchField } from "../../common/SearchField.tsx";

/** Debounces typing. */
const TYPING_MS = 150;

interface SearchProps {
  readonly value: string;
  readonly label: string;
  readonly onSearch: (value: string) => void;
}

/** Updates at once while typing; the address and the list follow when the typing pauses. */
export function Search({ value, label, onSearch }: SearchProps) {
  const [typed, setTyped] = useState(value);
  const committed = useRef(value);
  const latest = useRef(onSearch);
  latest.current = onSearch;
  useEffect(() => {
    if (value !== committed.current) {
      committed.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => {
    if (typed === committed.current) return;
    const timer = setTimeout(() => {
      committed.current = typed;
      latest.current(typed);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return <SearchField id="search" label={label} placeholder="Search" value={typed} onChange={setTyped} />;
}
