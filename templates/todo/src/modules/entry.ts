import { UIModule } from "tornado/web";
import type { TodoEntry } from "../todo-list.js";

/** One line of the list: `{% module Entry(entry) %}`. */
export class Entry extends UIModule {
  render(entry: TodoEntry) {
    return this.renderString("modules/entry.html", { entry });
  }
}
