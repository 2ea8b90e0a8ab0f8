import type { Instant } from "../../../src/core/model/time.ts";
import { BASE } from "../base.ts";
import { createBrowserNotices, type Notice } from "./browser-notices.ts";
import { openIncident } from "./open-incident.ts";
import { getPreferences } from "./preferences.ts";

/** Held by the one tab that shows the notifications of all; the next tab gets it when that one closes. */
const LOCK = "pod-watcher-notifications";

/** Why notifications cannot be shown; undefined when they can. Asks for permission: call it in a click. */
export async function allowNotifications(): Promise<string | undefined> {
  if (!("Notification" in globalThis)) return "This browser shows notifications only for pages with HTTPS.";
  const permission = await Notification.requestPermission();
  return permission === "granted"
    ? undefined
    : "Your browser blocks notifications for this page. Allow them in the address bar.";
}

/** The notifications of this browser; one tab shows them for all. */
export function openBrowserNotices(now: () => Instant) {
  const isElected = createElection();
  return createBrowserNotices({
    preferences: () => (isElected() ? getPreferences() : { notify: "off", sound: false }),
    now,
    show: (notice) => showNotification(notice, () => notice.incident !== undefined && openIncident(notice.incident)),
    beep,
  });
}

/** True in one tab at a time. Without locks (plain HTTP) there are no notifications either. */
function createElection(): () => boolean {
  let isElected = false;
  void navigator.locks?.request(LOCK, () => {
    isElected = true;
    // Held until the tab closes.
    return new Promise<never>(() => {});
  });
  return () => isElected;
}

function showNotification({ title, body, tag }: Notice, open: () => void): void {
  try {
    const shown = new Notification(title, { body, tag, icon: `${BASE}favicon.svg` });
    shown.onclick = () => {
      focus();
      open();
      shown.close();
    };
  } catch {
    // No permission any more, or the browser of a phone, which has notifications of service workers only.
  }
}

let audio: AudioContext | undefined;

/** Two short tones. Browsers allow sound once the reader has clicked on the page. */
function beep(): void {
  audio ??= new AudioContext();
  for (const [index, frequency] of [660, 880].entries()) {
    const start = audio.currentTime + index * 0.18;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.15, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.17);
  }
}
