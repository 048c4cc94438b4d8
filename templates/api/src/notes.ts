import { HTTPError } from "tornado/web";

/** What a client may say of a note. */
export interface NoteContent {
  readonly text: string;
  readonly isDone: boolean;
}

export interface Note extends NoteContent {
  readonly id: string;
}

const maxTextLength = 1000;

/** Checks what a client sent. A schema library such as zod does the same: `await this.getJson(schema)`. */
export function readNoteContent(value: unknown): NoteContent {
  const { text, isDone = false } = (value ?? {}) as Partial<Record<keyof NoteContent, unknown>>;
  if (typeof text !== "string" || text.trim() === "" || text.length > maxTextLength) {
    throw new HTTPError(400, `"text" must be a string of 1 to ${maxTextLength} characters.`);
  }
  if (typeof isDone !== "boolean") throw new HTTPError(400, '"isDone" must be true or false.');
  return { text, isDone };
}

/** The notes, in memory. */
export class Notes {
  readonly #notes = new Map<string, Note>();

  list(): Note[] {
    return [...this.#notes.values()];
  }

  /** @throws HTTPError 404 */
  get(id: string): Note {
    const note = this.#notes.get(id);
    if (note === undefined) throw new HTTPError(404, `There is no note ${id}.`);
    return note;
  }

  add(content: NoteContent): Note {
    return this.#put(crypto.randomUUID(), content);
  }

  /** @throws HTTPError 404 */
  replace(id: string, content: NoteContent): Note {
    this.get(id);
    return this.#put(id, content);
  }

  /** @throws HTTPError 404 */
  remove(id: string): void {
    this.get(id);
    this.#notes.delete(id);
  }

  #put(id: string, content: NoteContent): Note {
    const note = { id, ...content };
    this.#notes.set(id, note);
    return note;
  }
}
