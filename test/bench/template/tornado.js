import { DictLoader } from "../../../dist/core/template/index.js";

const loader = new DictLoader({
  "table.html":
    "<table>{% for row of rows %}<tr>{% for cell of row %}<td>{{ cell }}</td>{% end %}</tr>\n{% end %}</table>",
  "layout.html": `<!doctype html>
<html><head><title>{% block title %}Site{% end %}</title></head>
<body>{% include "header.html" %}
<main>{% block main %}{% end %}</main>
{% include "footer.html" %}</body></html>`,
  "header.html": `<header><nav>{% for link of links %}<a href="{{ link.href }}">{{ link.text }}</a>{% end %}</nav>
{% if user %}<p>Hello, {{ user.name }}</p>{% else %}<p>Sign in</p>{% end %}</header>`,
  "footer.html": "<footer>&copy; {{ year }}</footer>",
  "story.html": `<li class="story{% if story.isNew %} new{% end %}"><a href="/stories/{{ story.id }}">{{ story.title }}</a>
<span>{{ story.author }}</span> <b>{{ story.score }}</b></li>`,
  "page.html": `{% extends "layout.html" %}
{% block title %}{{ title }}{% end %}
{% block main %}<h1>{{ title }}</h1><ul>{% for story of stories %}{% include "story.html" %}{% end %}</ul>{% end %}`,
});

export const renderers = {
  table: (names) => loader.load("table.html").generate(names),
  page: (names) => loader.load("page.html").generate(names),
};
