/** navigator.clipboard exists in secure contexts only; a Route without TLS or a port-forward to another host is none. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard !== undefined) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Forbidden by a policy: the old way may still do.
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "pf-v6-screen-reader";
  const focused = document.activeElement;
  // Inside an open dialogue, so that its focus trap does not take the focus back.
  (focused?.closest('[role="dialog"]') ?? document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}

/** Has the browser fetch a file, under the name that it comes with unless another is given. */
export function downloadFrom(url: string, name = ""): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** Hands a text to the browser as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  downloadFrom(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
