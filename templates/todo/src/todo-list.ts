import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Something to do. */
export interface TodoEntry {
  readonly id: string;
  readonly text: string;
  readonly isDone: boolean;
}

/** The entries, in a file that is whole at every moment. */
export class TodoList {
  readonly #file: string;
  #entries: readonly TodoEntry[];
  #saved: Promise<void> = Promise.resolve();

  private constructor(file: string, entries: readonly TodoEntry[]) {
    this.#file = file;
    this.#entries = entries;
  }

  /** Reads the file; one that is not there yet is an empty list. */
  static async open(file: string): Promise<TodoList> {
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "[]";
      throw error;
    });
    return new TodoList(file, JSON.parse(text) as TodoEntry[]);
  }

  get entries(): readonly TodoEntry[] {
    return this.#entries;
  }

  has(id: string): boolean {
    return this.#entries.some((entry) => entry.id === id);
  }

  add(text: string): Promise<void> {
    return this.#save([...this.#entries, { id: crypto.randomUUID(), text, isDone: false }]);
  }

  setDone(id: string, isDone: boolean): Promise<void> {
    return this.#save(this.#entries.map((entry) => (entry.id === id ? { ...entry, isDone } : entry)));
  }

  remove(id: string): Promise<void> {
    return this.#save(this.#entries.filter((entry) => entry.id !== id));
  }

  /** Writes one version after the other, each beside the file before it takes the file's place. */
  #save(entries: readonly TodoEntry[]): Promise<void> {
    this.#entries = entries;
    const saved = this.#saved.then(() => this.#write(JSON.stringify(entries, null, 2)));
    this.#saved = saved.catch(() => {});
    return saved;
  }

  async #write(text: string): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.tmp`, text);
    await rename(`${this.#file}.tmp`, this.#file);
  }
}
