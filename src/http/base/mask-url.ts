/** `https://hooks.example/services/T0/x?k=v` → `https://hooks.example/…`: who has the path of a webhook may post to it. */
export function maskUrl(text: string): string {
  return text.replace(
    /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#@]*@)?([^\s/?#@]+)([/?#][^\s]*)?/gi,
    (_, scheme, host, rest) =>
      rest === undefined || rest === "/" ? `${scheme}${host}${rest ?? ""}` : `${scheme}${host}/…`,
  );
}
