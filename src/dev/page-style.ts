/** The style that all pages of the dev server share: colours in light and dark, type, tables of names and values. */

export const pageStyle = `
:root {
  --ground: #f6f6f4; --card: #fff; --text: #1c1b1a; --dim: #6b6862; --line: #e3e1dc; --red: #c4203a; --red-soft: #fdeaec;
  --link: #1f5fae; --keyword: #8b2fb0; --string: #1e7a45; --number: #9c5300; --comment: #67645e; --type: #0b6a83; --call: #2952a3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141416; --card: #1b1c1f; --text: #ececea; --dim: #a09e98; --line: #303136; --red: #ff7183; --red-soft: #3a1b23;
    --link: #86b8f7; --keyword: #d59bf0; --string: #86d3a0; --number: #f0b36b; --comment: #8d8b85; --type: #74cfe3; --call: #9dbcf8;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body::before { content: ""; display: block; height: 4px; background: var(--red); }
main { max-width: 1040px; margin: 0 auto; padding: 24px 24px 64px; }
h1 { margin: 0; font-size: clamp(20px, 3.2vw, 27px); line-height: 1.3; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere; white-space: pre-wrap; text-wrap: pretty; max-height: 11em; overflow: auto; }
h2 { margin: 0; font-size: 15px; font-weight: 650; overflow-wrap: anywhere; white-space: pre-wrap; }
p { margin: 0; }
code, pre, .class, .code, .about, .place, .function, dl, textarea { font-family: ui-monospace, "SF Mono", SFMono-Regular, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-variant-ligatures: none; }
button { margin-left: auto; font: inherit; font-size: 13px; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 3px 10px; cursor: pointer; }
button:hover { border-color: var(--dim); }
[hidden] { display: none; }
.place { font-size: 13px; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
section { margin-top: 30px; }
summary { cursor: pointer; } summary h2 { display: inline; }
summary::marker { color: var(--dim); }
.badge { font-size: 11px; color: var(--dim); border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; }
dl { display: grid; grid-template-columns: minmax(120px, 26%) 1fr; margin: 8px 0 0; font-size: 13px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
dt, dd { margin: 0; padding: 5px 14px; border-top: 1px solid var(--line); overflow-wrap: anywhere; white-space: pre-wrap; }
dt { color: var(--dim); } dt:first-of-type, dt:first-of-type + dd { border-top: 0; }
@media (max-width: 560px) {
  main { padding: 16px 14px 48px; }
  dl { grid-template-columns: 1fr; } dt { padding-bottom: 0; } dd { border-top: 0; padding-top: 0; } dt:first-of-type + dd { padding-top: 0; }
}
@media print { body { background: #fff; } details:not([open]) > * { display: revert; } }
`;
