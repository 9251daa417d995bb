/** Runs the work of one key one after another, in the order of the calls; different keys do not wait for each other. */
export type InOrder = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** A piece of work that fails fails alone: the next one of its key runs all the same. */
export function inOrder(): InOrder {
  const lasts = new Map<string, Promise<unknown>>();

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = lasts.get(key);
    const mine = before === undefined ? work() : before.then(work, work);
    lasts.set(key, mine);
    try {
      return await mine;
    } finally {
      if (lasts.get(key) === mine) lasts.delete(key);
    }
  };
}
