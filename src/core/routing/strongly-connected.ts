/** Finds the parts of a graph in which every node can be reached from every other. */

/**
 * Tarjan's algorithm, without recursion, so that no graph is too deep.
 *
 * @param size - The nodes are the numbers below it.
 * @param next - The nodes that a step leads to.
 */
export function stronglyConnected(size: number, next: (node: number) => readonly number[]): number[][] {
  const order = new Int32Array(size).fill(-1);
  const lowest = new Int32Array(size);
  const isOpen = new Uint8Array(size);
  const open: number[] = [];
  const groups: number[][] = [];
  let count = 0;

  for (let root = 0; root < size; root++) {
    if (order[root] !== -1) continue;
    const path: { node: number; steps: readonly number[]; taken: number }[] = [];
    const enter = (node: number) => {
      order[node] = lowest[node] = count++;
      isOpen[node] = 1;
      open.push(node);
      path.push({ node, steps: next(node), taken: 0 });
    };
    enter(root);
    while (path.length > 0) {
      const { node, steps, taken } = path.at(-1)!;
      if (taken < steps.length) {
        const step = steps[taken]!;
        path.at(-1)!.taken++;
        if (order[step] === -1) enter(step);
        else if (isOpen[step] === 1) lowest[node] = Math.min(lowest[node]!, order[step]!);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lowest[parent.node] = Math.min(lowest[parent.node]!, lowest[node]!);
      if (lowest[node] !== order[node]) continue;
      const group = open.splice(open.lastIndexOf(node));
      for (const member of group) isOpen[member] = 0;
      groups.push(group);
    }
  }
  return groups;
}
