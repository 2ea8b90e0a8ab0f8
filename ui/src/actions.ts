import { rowName } from "../../src/core/view/row.ts";
import type { Row } from "../../src/http/base/api-types.ts";
import { call, describeError } from "./api.ts";
import type { App } from "./app.ts";
import { copyText } from "./browser.ts";
import { commandFor } from "./format/commands.ts";
import { list, plural } from "./format/text.ts";

/** Reloads lists of silences. */
export function silencesChanged(app: App): void {
  app.silenceChanges.set(app.silenceChanges.get() + 1);
}

/** Acknowledges at once; the toast offers Undo and a note. */
export async function acknowledge(
  app: App,
  rows: readonly Row[],
  options: { readonly note?: string; readonly notifyOnWorsening?: boolean } = {},
): Promise<boolean> {
  const { note, notifyOnWorsening = true } = options;
  try {
    const answer = await call("POST acknowledge", {
      body: {
        subjects: subjectsOf(rows.map((row) => row.id)),
        notifyOnWorsening,
        ...(note === undefined ? {} : { note }),
      },
    });
    app.store.merge(answer.rows);
    const done = answer.rows.map((row) => row.id);
    const toast = app.toasts.add({
      variant: done.length > 0 ? "success" : "info",
      title: done.length > 0 ? `Acknowledged ${about(answer.rows)}` : "Nothing was acknowledged",
      detail: answer.skipped.map(({ subject, reason }) => `${subject}: ${reason}`).join("; "),
      actions:
        done.length === 0
          ? []
          : [
              {
                label: "Undo",
                run: () => {
                  app.toasts.remove(toast);
                  void unacknowledge(app, done);
                },
              },
              ...(note === undefined
                ? [
                    {
                      label: "Add a note",
                      run: () => {
                        app.toasts.remove(toast);
                        app.dialog.set({ kind: "ack", rows: answer.rows });
                      },
                    },
                  ]
                : []),
            ],
    });
    return true;
  } catch (error) {
    failed(app, `${about(rows)} could not be acknowledged`, error, () => void acknowledge(app, rows, options));
    return false;
  }
}

function subjectsOf(ids: readonly string[]) {
  return ids.map((row) => ({ row }));
}

export async function unacknowledge(app: App, ids: readonly string[]): Promise<void> {
  try {
    const answer = await call("POST unacknowledge", { body: { subjects: subjectsOf(ids) } });
    app.store.merge(answer.rows);
    app.toasts.add({ variant: "info", title: `No longer acknowledged: ${about(answer.rows)}` });
  } catch (error) {
    failed(app, "The acknowledgement could not be removed", error, () => void unacknowledge(app, ids));
  }
}

export async function copyCommand(app: App, row: Row): Promise<void> {
  const command = commandFor(row, app.store.get()?.meta.cli ?? "kubectl");
  await copyWithToast(app, command, command);
}

/** Copies and confirms it; if the browser refuses, shows the text for copying by hand. */
export async function copyWithToast(app: App, text: string, shown: string): Promise<void> {
  const copied = await copyText(text);
  app.toasts.add({
    variant: copied ? "success" : "info",
    title: copied ? "Copied" : "The browser does not allow copying",
    detail: shown,
  });
}

export function failed(app: App, title: string, error: unknown, retry: () => void): void {
  const { title: cause, detail, requestId } = describeError(error);
  const toast = app.toasts.add({
    variant: "danger",
    title,
    detail: [cause, detail, requestId === undefined ? "" : `Request id: ${requestId}`].filter(Boolean).join(" · "),
    actions: [
      {
        label: "Retry",
        run: () => {
          app.toasts.remove(toast);
          retry();
        },
      },
    ],
  });
}

function about(rows: readonly Row[]): string {
  const names = rows.map(rowName);
  return names.length === 1 ? list(names) : `${plural(names.length, "container")} (${list(names, 2)})`;
}
