import { type Notes, readNoteContent } from "../notes.js";
import { BaseHandler } from "./base.js";

interface Resources {
  readonly notes: Notes;
}

/** All notes. */
export class NotesHandler extends BaseHandler<Resources> {
  #notes!: Notes;

  override initialize({ notes }: Resources): void {
    this.#notes = notes;
  }

  get() {
    this.write({ notes: this.#notes.list() });
  }

  post() {
    const note = this.#notes.add(readNoteContent(this.getJson()));
    this.setStatus(201);
    this.setHeader("Location", this.reverseUrl("note", { id: note.id }));
    this.write(note);
  }
}

/** One note. */
export class NoteHandler extends BaseHandler<Resources> {
  #notes!: Notes;

  override initialize({ notes }: Resources): void {
    this.#notes = notes;
  }

  get({ id }: { id: string }) {
    this.write(this.#notes.get(id));
  }

  put({ id }: { id: string }) {
    this.write(this.#notes.replace(id, readNoteContent(this.getJson())));
  }

  delete({ id }: { id: string }) {
    this.#notes.remove(id);
    this.setStatus(204);
  }
}
