/** The cluster stacks of this host. Implemented in src/stack; api only asks. */
export interface StackService {
  /** Looks at the stacks again; resolves when the objects say what is there. Never rejects. */
  scan(): Promise<void>;
}
