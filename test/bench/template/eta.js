import { Eta } from "eta";

const eta = new Eta({ cache: true });
const define = (name, source) => eta.loadTemplate(`@${name}`, source);

define(
  "table",
  "<table><% for (const row of it.rows) { %><tr><% for (const cell of row) { %><td><%= cell %></td><% } %></tr>\n<% } %></table>",
);
define(
  "layout",
  `<!doctype html>
<html><head><title><%= it.title %></title></head>
<body><%~ include("@header", it) %>
<main><%~ it.body %></main>
<%~ include("@footer", it) %></body></html>`,
);
define(
  "header",
  `<header><nav><% for (const link of it.links) { %><a href="<%= link.href %>"><%= link.text %></a><% } %></nav>
<% if (it.user) { %><p>Hello, <%= it.user.name %></p><% } else { %><p>Sign in</p><% } %></header>`,
);
define("footer", "<footer>&copy; <%= it.year %></footer>");
define(
  "story",
  `<li class="story<% if (it.story.isNew) { %> new<% } %>"><a href="/stories/<%= it.story.id %>"><%= it.story.title %></a>
<span><%= it.story.author %></span> <b><%= it.story.score %></b></li>`,
);
define(
  "page",
  `<% layout("@layout") %><h1><%= it.title %></h1><ul><% for (const story of it.stories) { %><%~ include("@story", { story }) %><% } %></ul>`,
);

export const renderers = {
  table: (names) => eta.render("@table", names),
  page: (names) => eta.render("@page", names),
};
