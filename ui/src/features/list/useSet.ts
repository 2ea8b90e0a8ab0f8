import { useCallback, useState } from "react";

/** A set of names as state. The setters are stable, so that memoised rows do not render again. */
export function useSet(): [
  set: ReadonlySet<string>,
  toggle: (name: string, isIn: boolean) => void,
  replace: (names: Iterable<string>) => void,
] {
  const [set, setSet] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((name: string, isIn: boolean) => {
    setSet((before) => {
      const after = new Set(before);
      if (isIn) after.add(name);
      else after.delete(name);
      return after;
    });
  }, []);
  const replace = useCallback((names: Iterable<string>) => setSet(new Set(names)), []);
  return [set, toggle, replace];
}
