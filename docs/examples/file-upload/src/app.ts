/** Takes files of any size: each goes from the socket to the disk in pieces, as fast as the disk takes them and no faster. */

import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Application, RequestHandler, streamRequestBody, url } from "tornado/web";

const maxFileSize = 2_000_000_000;
const maxFiles = 20;

class PageHandler extends RequestHandler {
  get() {
    return this.render("upload.html", { maxFiles });
  }
}

interface UploadOptions {
  readonly folder: string;
}

interface SavedFile {
  /** What the client calls it: to show, and never to open. */
  readonly name: string;
  /** The file's name here. */
  readonly id: string;
  readonly size: number;
}

@streamRequestBody
class UploadHandler extends RequestHandler<UploadOptions> {
  #folder = "";

  override initialize({ folder }: UploadOptions) {
    this.#folder = folder;
  }

  async post() {
    const saved: SavedFile[] = [];
    for await (const part of this.parts({ maxFileSize, maxParts: maxFiles })) {
      if (part.filename === undefined || part.filename === "") continue;
      const id = randomUUID();
      await this.#save(part, id);
      saved.push({ name: basename(part.filename), id, size: part.size });
    }
    this.setStatus(201);
    this.write({ saved });
  }

  /** Gives a file its name when it is complete, so that nobody ever finds half of one. */
  async #save(content: AsyncIterable<Buffer>, id: string) {
    const unfinished = join(this.#folder, `.${id}.part`);
    try {
      await pipeline(content, createWriteStream(unfinished, { flags: "wx", mode: 0o600 }));
      await rename(unfinished, join(this.#folder, id));
    } catch (error) {
      // The client has left, the file is too large, or the disk is full.
      await rm(unfinished, { force: true });
      throw error;
    }
  }
}

export function makeApp({ debug }: { debug: boolean }) {
  const folder = process.env.UPLOAD_FOLDER || "uploads";
  const routes = [
    url("/", PageHandler),
    url("/upload", UploadHandler, { folder }, { name: "upload", maxBodySize: maxFiles * maxFileSize }),
  ];
  const app = new Application(routes, { debug, templatePath: "templates", xsrfCookies: "fetch-metadata" });
  // Not above: whoever only looks at the app, as "tornado build" does, needs no folder.
  app.onStart(async () => {
    await mkdir(folder, { recursive: true });
  });
  return app;
}
