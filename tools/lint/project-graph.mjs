/** Nx's project graph, which the boundary rule reads from Nx's cache. */
import { createProjectGraphAsync } from 'nx/src/devkit-exports.js';

/**
 * Makes the cached graph that of the tree as it is now. Without one the boundary rule prints a warning and passes
 * everything, so whoever lints calls this first and lets the error through.
 */
export async function refreshProjectGraph() {
  process.env['NX_DAEMON'] = 'false';
  const graph = await createProjectGraphAsync({ exitOnError: false });
  if (Object.keys(graph.nodes).length === 0)
    throw new Error('Nx found no package in the workspace, so the boundaries of modules cannot be checked.');
}
