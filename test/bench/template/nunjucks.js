import nunjucks from "nunjucks";

const sources = {
  table:
    "<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>\n{% endfor %}</table>",
  layout: `<!doctype html>
<html><head><title>{% block title %}Site{% endblock %}</title></head>
<body>{% include "header" %}
<main>{% block main %}{% endblock %}</main>
{% include "footer" %}</body></html>`,
  header: `<header><nav>{% for link in links %}<a href="{{ link.href }}">{{ link.text }}</a>{% endfor %}</nav>
{% if user %}<p>Hello, {{ user.name }}</p>{% else %}<p>Sign in</p>{% endif %}</header>`,
  footer: "<footer>&copy; {{ year }}</footer>",
  story: `<li class="story{% if story.isNew %} new{% endif %}"><a href="/stories/{{ story.id }}">{{ story.title }}</a>
<span>{{ story.author }}</span> <b>{{ story.score }}</b></li>`,
  page: `{% extends "layout" %}
{% block title %}{{ title }}{% endblock %}
{% block main %}<h1>{{ title }}</h1><ul>{% for story in stories %}{% include "story" %}{% endfor %}</ul>{% endblock %}`,
};

const environment = new nunjucks.Environment({
  getSource: (name) => ({ src: sources[name], path: name, noCache: false }),
});

export const renderers = {
  table: (names) => environment.render("table", names),
  page: (names) => environment.render("page", names),
};
