import { BaseHandler } from "./base.js";

/** Shows a form, which XSRF protects, and remembers the name in a signed cookie. */
export class SignInHandler extends BaseHandler {
  get() {
    return this.render("sign-in.html", { problem: "" });
  }

  post() {
    const name = this.getArgument("name", "");
    if (name === "" || name.length > 40) {
      this.setStatus(400);
      return this.render("sign-in.html", { problem: "A name has 1 to 40 characters." });
    }
    this.setSignedCookie("user", name, { httpOnly: true });
    this.redirect(this.reverseUrl("home"));
  }
}

/** Takes only POST, so that no link or image on another site can sign anybody out. */
export class SignOutHandler extends BaseHandler {
  post() {
    this.clearCookie("user");
    this.redirect(this.reverseUrl("home"));
  }
}
