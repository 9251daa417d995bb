/** A change came to nothing; everything is as it was before. The message says why, as part of a sentence. */
export class ChangeFailed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ChangeFailed';
  }
}
