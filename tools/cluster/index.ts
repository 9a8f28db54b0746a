export { startCluster, type Cluster, type ClusterOptions } from './cluster.js';
export { ClusterError, type ClusterProcess } from './cluster-process.js';
export { defaultProcesses, type ProcessSpec, type Reroute } from './topology.js';
