import { Box, type RenderOptions, render, Text, useInput, useWindowSize } from "ink";
import { createElement, type ReactElement, useSyncExternalStore } from "react";
import type { Instant } from "../core/model/time.ts";
import { screenOf } from "./top-screen.ts";
import type { TopSession } from "./top-session.ts";
import type { TopKey } from "./top-state.ts";

/** Shows a session on the terminal. Resolves when it has ended and the terminal is as before. */
export function showTop(
  session: TopSession,
  {
    now,
    isColored,
    ...streams
  }: { readonly now: () => Instant; readonly isColored: boolean } & Pick<RenderOptions, "stdin" | "stdout">,
): { readonly ended: Promise<unknown>; quit(): void } {
  const screen = createElement(Screen, { session, now, isColored });
  const instance = render(screen, { ...streams, alternateScreen: true, interactive: true, patchConsole: false });
  return { ended: instance.waitUntilExit(), quit: () => instance.unmount() };
}

interface ScreenProps {
  readonly session: TopSession;
  readonly now: () => Instant;
  readonly isColored: boolean;
}

function Screen({ session, now, isColored }: ScreenProps): ReactElement {
  const state = useSyncExternalStore(session.subscribe, session.state);
  const { rows, columns } = useWindowSize();
  useInput((input, key) => {
    const named = SPECIAL.find((one) => key[one]);
    if (named !== undefined) void session.press(NAMED[named]);
    else if (input !== "" && !key.ctrl && !key.meta) {
      const isText = session.state().mode === "reason";
      for (const text of isText ? [input] : keysIn(input)) void session.press({ text });
    }
  });
  const lines = screenOf(state, { rows, columns }, now()).map(({ text, color, dim, selected }, index) =>
    createElement(
      Text,
      {
        key: index,
        wrap: "truncate-end",
        ...(isColored && color !== undefined ? { color } : {}),
        ...(isColored && dim ? { dimColor: true } : {}),
        inverse: selected === true,
      },
      text === "" ? " " : text,
    ),
  );
  return createElement(Box, { flexDirection: "column", height: rows, width: columns }, lines);
}

/** Keys that are pressed quickly arrive together. So does a paste, whose letters are not meant as commands. */
function keysIn(input: string): readonly string[] {
  return input.length <= MAX_TOGETHER ? [...input] : [];
}

const MAX_TOGETHER = 4;

const SPECIAL = ["return", "escape", "backspace", "delete", "upArrow", "downArrow"] as const;

const NAMED: Readonly<Record<(typeof SPECIAL)[number], TopKey>> = {
  return: "enter",
  escape: "escape",
  backspace: "backspace",
  // Terminals send DEL for the key Backspace.
  delete: "backspace",
  upArrow: "up",
  downArrow: "down",
};
