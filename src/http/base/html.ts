/** Text that is HTML already. Made by `html` alone, so that nothing unescaped gets into a page. */
export interface Html {
  readonly html: string;
}

export type HtmlValue = string | number | undefined | Html | readonly HtmlValue[];

/** Builds HTML; every value is escaped for text and quoted attributes, but for what `html` made. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: parts.reduce((text, part, index) => text + rendered(values[index - 1]) + part) };
}

function rendered(value: HtmlValue): string {
  if (value === undefined) return "";
  if (typeof value === "object") return "html" in value ? value.html : value.map(rendered).join("");
  return escapeMarkup(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For HTML and XML. Control characters, which XML cannot hold at all, become U+FFFD. */
export function escapeMarkup(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => ESCAPES[character]!)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
  );
}
