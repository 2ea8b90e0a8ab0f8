/** Names of pods differ at the end: what is cut in a narrow column is the middle. */
export function MiddleCut({ text }: { readonly text: string }) {
  const dash = text.lastIndexOf("-");
  const end = dash > 0 && text.length - dash <= 12 ? dash : text.length - 6;
  if (end <= 0) return <span className="pw-cut-start">{text}</span>;
  return (
    <>
      <span className="pw-cut-start">{text.slice(0, end)}</span>
      <span className="pw-cut-end">{text.slice(end)}</span>
    </>
  );
}
