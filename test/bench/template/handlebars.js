import Handlebars from "handlebars";

const partials = {
  layout: `<!doctype html>
<html><head><title>{{title}}</title></head>
<body>{{> header}}
<main>{{> @partial-block}}</main>
{{> footer}}</body></html>`,
  header: `<header><nav>{{#each links}}<a href="{{href}}">{{text}}</a>{{/each}}</nav>
{{#if user}}<p>Hello, {{user.name}}</p>{{else}}<p>Sign in</p>{{/if}}</header>`,
  footer: "<footer>&copy; {{year}}</footer>",
  story: `<li class="story{{#if isNew}} new{{/if}}"><a href="/stories/{{id}}">{{title}}</a>
<span>{{author}}</span> <b>{{score}}</b></li>`,
};
for (const [name, source] of Object.entries(partials)) Handlebars.registerPartial(name, source);

const table = Handlebars.compile(
  "<table>{{#each rows}}<tr>{{#each this}}<td>{{this}}</td>{{/each}}</tr>\n{{/each}}</table>",
);
const page = Handlebars.compile(
  "{{#> layout}}<h1>{{title}}</h1><ul>{{#each stories}}{{> story}}{{/each}}</ul>{{/layout}}",
);

export const renderers = { table: (names) => table(names), page: (names) => page(names) };
