/** A string instead of a file, because the program is bundled into a single file. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --text: #151515; --back: #ffffff; --line: #d2d2d2; --soft: #f2f2f2; --link: #0066cc; --quiet: #4d4d4d;
  --failure: #b1380b; --warning: #795600; --unknown: #5e40be;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #ffffff; --back: #1f1f1f; --line: #4d4d4d; --soft: #292929; --link: #92c5f9; --quiet: #c7c7c7;
    --failure: #f9a8a2; --warning: #ffcc17; --unknown: #b6a6e9;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 "Red Hat Text", system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; padding: .75rem 1rem; border-bottom: 1px solid var(--line); }
header nav a { display: inline-block; min-block-size: 24px; margin-inline-end: .75rem; }
.brand { font-weight: 700; color: inherit; text-decoration: none; }
main { max-width: 80rem; margin: 0 auto; padding: 1rem; }
footer { padding: 1rem; color: var(--quiet); }
a { color: var(--link); }
h1 { font-size: 1.5rem; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
small { color: var(--quiet); font-weight: 400; font-size: .875rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; }
th { font-size: .875rem; white-space: nowrap; }
time { white-space: nowrap; }
td p { margin: 0; }
code, pre { font-family: "Red Hat Mono", ui-monospace, monospace; font-size: .875rem; }
pre { background: var(--soft); padding: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; }
.state { font-weight: 700; white-space: nowrap; }
.icon { inline-size: 1em; block-size: 1em; vertical-align: -.125em; }
.critical .state { color: var(--failure); }
.warning .state { color: var(--warning); }
tr.unknown .state { color: var(--unknown); }
.chip { display: inline-block; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-size: .875rem; }
section.unknown { border-inline-start: 4px solid var(--unknown); background: var(--soft); padding: .5rem .75rem; margin: .5rem 0; }
section.unknown p { margin: 0; }
.links { padding: 0; list-style: none; }
.links a { display: inline-block; min-block-size: 24px; margin-inline-end: .5rem; }
@media (max-width: 48rem) {
  thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { border: 0; padding: .125rem 0; }
  td::before { content: attr(data-label) ": "; color: var(--quiet); font-size: .875rem; }
}
`.trimStart();
