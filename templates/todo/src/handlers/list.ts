import { ListBaseHandler } from "./base.js";

const maxTextLength = 200;

/** Shows the list, and adds to it. */
export class ListHandler extends ListBaseHandler {
  get() {
    return this.#show("");
  }

  async post() {
    const text = this.getBodyArgument("text", "");
    if (text === "" || text.length > maxTextLength) {
      this.setStatus(400);
      return this.#show(`Say in 1 to ${maxTextLength} characters what there is to do.`);
    }
    await this.list.add(text);
    // A reload of the page that follows does not send the form again.
    this.redirect(this.reverseUrl("list"));
  }

  #show(problem: string) {
    const { entries } = this.list;
    const open = entries.filter((entry) => !entry.isDone);
    const done = entries.filter((entry) => entry.isDone);
    return this.render("list.html", { open, done, problem });
  }
}

/** Marks an entry as done, or as not done yet. */
export class ChangeHandler extends ListBaseHandler {
  async post({ id }: { id: string }) {
    this.requireEntry(id);
    await this.list.setDone(id, this.getBodyArgument("done", "") === "yes");
    this.redirect(this.reverseUrl("list"));
  }
}

/** Removes an entry. */
export class RemoveHandler extends ListBaseHandler {
  async post({ id }: { id: string }) {
    this.requireEntry(id);
    await this.list.remove(id);
    this.redirect(this.reverseUrl("list"));
  }
}
