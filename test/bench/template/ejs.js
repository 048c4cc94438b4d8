import ejs from "ejs";

const sources = {
  table:
    "<table><% for (const row of it.rows) { %><tr><% for (const cell of row) { %><td><%= cell %></td><% } %></tr>\n<% } %></table>",
  header: `<header><nav><% for (const link of it.links) { %><a href="<%= link.href %>"><%= link.text %></a><% } %></nav>
<% if (it.user) { %><p>Hello, <%= it.user.name %></p><% } else { %><p>Sign in</p><% } %></header>`,
  footer: "<footer>&copy; <%= it.year %></footer>",
  story: `<li class="story<% if (it.story.isNew) { %> new<% } %>"><a href="/stories/<%= it.story.id %>"><%= it.story.title %></a>
<span><%= it.story.author %></span> <b><%= it.story.score %></b></li>`,
  // It has no layouts: its guide has the page include the parts around it.
  page: `<!doctype html>
<html><head><title><%= it.title %></title></head>
<body><%- it.part.header(it) %>
<main><h1><%= it.title %></h1><ul><% for (const story of it.stories) { %><%- it.part.story({ story }) %><% } %></ul></main>
<%- it.part.footer(it) %></body></html>`,
};

// Its fastest way: strict functions, without "with", that call each other; its own "include" reads files.
const options = { strict: true, _with: false, localsName: "it", compileDebug: false };
const part = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, ejs.compile(source, options)]));

export const renderers = {
  table: (names) => part.table(names),
  page: (names) => part.page({ ...names, part }),
};
