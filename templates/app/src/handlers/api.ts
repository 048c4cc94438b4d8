import { BaseHandler } from "./base.js";

/** Answers in JSON, which is what `write` makes of an object. */
export class GreetingHandler extends BaseHandler {
  get() {
    const name = this.getQueryArgument("name", this.currentUser ?? "world");
    this.write({ greeting: `Hello, ${name}!`, time: new Date().toISOString() });
  }
}
