/** What the error page adds to the style of the dev server's pages. */

export const errorPageStyle = `
.kind { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-top: 10px; }
.class { color: var(--red); font-size: 13px; font-weight: 600; background: var(--red-soft); border-radius: 5px; padding: 2px 8px; overflow-wrap: anywhere; }
.code { color: var(--dim); font-size: 13px; }
.about { margin-top: 12px; font-size: 13.5px; overflow-wrap: anywhere; }
.request { font-weight: 600; } .arrow { color: var(--dim); }
header .place { margin-top: 2px; }
.excerpt { position: relative; margin: 12px 0 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 0; overflow-x: auto; font-size: 13px; line-height: 1.6; tab-size: 4; }
.excerpt code { display: block; width: max-content; min-width: 100%; }
.line { display: block; padding-right: 16px; white-space: pre; color: inherit; background: none; }
.gutter { position: sticky; left: 0; display: inline-block; width: 4.6em; margin-right: 1.2em; padding-right: .4em; text-align: right; color: var(--dim); background: var(--card); }
.gutter::before { content: attr(data-number); }
mark.line { background: var(--red-soft); box-shadow: inset 3px 0 var(--red); }
mark .gutter { color: var(--red); font-weight: 700; } mark .gutter, .caret .gutter { background: var(--red-soft); box-shadow: inset 3px 0 var(--red); }
h1.long { font-size: 16px; font-weight: 500; line-height: 1.45; }
.caret { background: var(--red-soft); box-shadow: inset 3px 0 var(--red); color: var(--red); font-weight: 700; line-height: 1; padding-bottom: 5px; user-select: none; }
.keyword { color: var(--keyword); } .string { color: var(--string); } .number { color: var(--number); }
.comment { color: var(--comment); font-style: italic; } .type { color: var(--type); } .call { color: var(--call); }
.hint, .notes { margin-top: 12px; color: var(--dim); font-size: 14px; } .notes { padding-left: 20px; overflow-wrap: anywhere; }
.further { border-top: 1px solid var(--line); padding-top: 22px; }
.relation { color: var(--dim); font-weight: 500; }
.further .place { margin-top: 8px; }
.frames { list-style: none; margin: 8px 0 0; padding: 0; font-size: 13px; }
.frames > li { padding: 7px 0; border-top: 1px solid var(--line); } .frames > li:first-child { border-top: 0; }
.frames .excerpt { margin-top: 8px; }
.folded, .folded .function { color: var(--dim); font-weight: 400; } .folded .frames { margin: 6px 0 0; padding-left: 18px; }
.function { font-weight: 600; }
textarea { width: 100%; height: 12em; }
@media (max-width: 560px) {
  .gutter { width: 3.2em; margin-right: .9em; } .excerpt { font-size: 12px; margin-left: -14px; margin-right: -14px; border-radius: 0; border-left: 0; border-right: 0; }
}
@media (forced-colors: active) { mark.line { border: 1px solid; } }
`;
