export interface SseEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Reads `text/event-stream` (HTML Living Standard, 9.2.6) in chunks of any size. */
export function sseReader(onEvent: (event: SseEvent) => void): (text: string) => void {
  let rest = "";
  let id = "";
  let type = "";
  let data: string[] = [];

  function line(text: string): void {
    if (text === "") {
      if (data.length > 0) onEvent({ id, type: type || "message", data: data.join("\n") });
      type = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") type = value;
    else if (field === "id") id = value;
  }

  return (text) => {
    const lines = (rest + text).split(/\r\n|\n/);
    rest = lines.pop() ?? "";
    for (const each of lines) line(each);
  };
}
