/** Knows the pools of threads that are open, so that an app which ends can let them finish without loading what they need. */

interface ClosablePool {
  close(): Promise<void>;
}

const openPools = new Set<ClosablePool>();

/** Called by a pool that has begun. @returns A function that takes it off the list. */
export function noteOpenPool(pool: ClosablePool): () => void {
  openPools.add(pool);
  return () => void openPools.delete(pool);
}

/** Lets every pool finish its tasks, and ends its threads. A pool that is used afterwards begins anew. */
export async function closeWorkerPools(): Promise<void> {
  await Promise.all([...openPools].map((pool) => pool.close()));
}
