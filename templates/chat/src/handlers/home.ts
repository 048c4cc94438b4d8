import { maxTextLength } from "../message.js";
import { maxNameLength } from "../user.js";
import { BaseHandler } from "./base.js";

/** Shows the room, or asks for a name first. */
export class HomeHandler extends BaseHandler {
  get() {
    if (this.currentUser === null) return this.render("join.html", { problem: "", maxNameLength });
    return this.render("room.html", { messages: this.application.room.since(), maxTextLength });
  }
}

/** Remembers the name in a signed cookie, so that nobody can speak as somebody else by editing it. */
export class JoinHandler extends BaseHandler {
  post() {
    const name = this.getBodyArgument("name", "");
    if (name === "" || name.length > maxNameLength) {
      this.setStatus(400);
      return this.render("join.html", { problem: `A name has 1 to ${maxNameLength} characters.`, maxNameLength });
    }
    this.setSignedCookie("name", name, { httpOnly: true });
    this.redirect(this.reverseUrl("home"));
  }
}

/** Takes only POST, so that no link or image on another site can send anybody out. */
export class LeaveHandler extends BaseHandler {
  post() {
    this.clearCookie("name");
    this.redirect(this.reverseUrl("home"));
  }
}
