import { url } from "tornado/web";
import { ChangeHandler, ListHandler, RemoveHandler } from "./handlers/list.js";
import type { TodoList } from "./todo-list.js";

/** Every URL of the app. Templates and handlers refer to one by its name: `reverseUrl("list")`. */
export function routes(resources: { readonly list: TodoList }) {
  return [
    url("/", ListHandler, resources, { name: "list" }),
    url("/entries/:id", ChangeHandler, resources, { name: "change" }),
    url("/entries/:id/remove", RemoveHandler, resources, { name: "remove" }),
  ];
}
