import { url } from "tornado/web";
import { HealthHandler } from "./handlers/health.js";
import { NoteHandler, NotesHandler } from "./handlers/notes.js";
import type { Notes } from "./notes.js";

/** Every URL of the API. */
export function routes(resources: { readonly notes: Notes }) {
  return [
    url("/notes", NotesHandler, resources, { name: "notes" }),
    url("/notes/:id", NoteHandler, resources, { name: "note" }),
    url("/health", HealthHandler),
  ];
}
