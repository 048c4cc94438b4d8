import { BaseHandler } from "./base.js";

export class HomeHandler extends BaseHandler {
  get() {
    return this.render("home.html", { files: whereToStart });
  }
}

const whereToStart = [
  { path: "templates/home.html", purpose: "this page" },
  { path: "src/handlers/home.ts", purpose: "the handler behind it" },
  { path: "src/routes.ts", purpose: "every URL and its name" },
  { path: "test/app.test.ts", purpose: "the tests of all of it" },
];
