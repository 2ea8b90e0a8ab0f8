import type { SilenceRepeat } from "../../../src/http/base/api-types.ts";

type Day = NonNullable<SilenceRepeat["days"]>[number];

/** The week begins on Monday. */
export const DAYS: readonly (readonly [day: Day, text: string])[] = [
  ["mon", "Mon"],
  ["tue", "Tue"],
  ["wed", "Wed"],
  ["thu", "Thu"],
  ["fri", "Fri"],
  ["sat", "Sat"],
  ["sun", "Sun"],
];

export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The hours of a recurring silence are incomplete; undefined when they are not. */
export function repeatProblem(repeat: SilenceRepeat | undefined): string | undefined {
  if (repeat === undefined) return undefined;
  if (repeat.from === "" || repeat.to === "") return "Enter both times of the hours";
  return repeat.days?.length === 0 ? "Choose at least one day" : undefined;
}

/** `every Sat and Sun, 22:00–06:00 Europe/Berlin` */
export function repeatText({ days, from, to, timezone }: SilenceRepeat): string {
  const names = DAYS.filter(([day]) => days?.includes(day)).map(([, text]) => text);
  const which =
    days === undefined
      ? "every day"
      : `every ${[names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ")}`;
  return `${which}, ${from === to ? "the whole day" : `${from}–${to}`} ${timezone}`;
}
