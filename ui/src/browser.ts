/** navigator.clipboard exists in secure contexts only, not on a Route without TLS or a port-forward to another host. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard !== undefined) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Forbidden by a policy: try the fallback.
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "pf-v6-screen-reader";
  const focused = document.activeElement;
  // Inside an open dialog, so that its focus trap does not move the focus.
  (focused?.closest('[role="dialog"]') ?? document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}

/** Downloads a file. Without `name` the server's file name is used. */
export function downloadFrom(url: string, name = ""): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** Downloads text as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  downloadFrom(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
