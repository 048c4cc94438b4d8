/** Gathers a body that is given to its handler as a whole. */

/** So many pieces in a row are put together if they are small. */
const maxLoosePieces = 256;
const smallBytes = 64 * 1024;

/**
 * The pieces of one body, in little more memory than their bytes.
 *
 * A buffer weighs some two hundred bytes besides what it holds: a client that sends its body byte by byte must not make of the
 * limit for bodies one that is two hundred times as large.
 */
export class BodyPieces {
  readonly #pieces: Buffer[] = [];
  /** The last pieces, of which none has been put together. */
  #looseCount = 0;
  #looseBytes = 0;

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#looseBytes += piece.length;
    if (++this.#looseCount < maxLoosePieces) return;
    if (this.#looseBytes < smallBytes) this.#pieces.push(Buffer.concat(this.#pieces.splice(-maxLoosePieces)));
    this.#looseCount = 0;
    this.#looseBytes = 0;
  }

  /** Gives the whole body; of one piece, that piece itself. */
  join(): Buffer {
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
  }
}
