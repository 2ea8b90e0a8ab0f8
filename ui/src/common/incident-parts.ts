const RETRY_MS = 100;
/** The details load meanwhile. */
const MAX_ATTEMPTS = 50;

/** Scrolls to a part of the open details, as soon as it is there. */
export function showPart(part: string, attempts = MAX_ATTEMPTS): void {
  const target = document.getElementById(`incident-${part}`);
  if (target !== null) {
    target.scrollIntoView({ block: "start" });
    target.focus({ preventScroll: true });
  } else if (attempts > 0) {
    setTimeout(() => showPart(part, attempts - 1), RETRY_MS);
  }
}
