import { url } from "tornado/web";
import { GreetingHandler } from "./handlers/api.js";
import { HomeHandler } from "./handlers/home.js";
import { SignInHandler, SignOutHandler } from "./handlers/sign-in.js";

/** Every URL of the app. Templates and handlers refer to one by its name: `reverseUrl("sign-in")`. */
export const routes = [
  url("/", HomeHandler, {}, { name: "home" }),
  url("/sign-in", SignInHandler, {}, { name: "sign-in" }),
  url("/sign-out", SignOutHandler, {}, { name: "sign-out" }),
  url("/api/greeting", GreetingHandler, {}, { name: "greeting" }),
];
