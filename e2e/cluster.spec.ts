import { describeKafkaOutage } from './kafka-outage.rows.js';
import { describeOwnerChange } from './moves.rows.js';
import { Platform } from './platform.js';
import { describePlatform } from './suite.js';
import { clusterProcesses } from './topology.js';
import { describeTrace } from './trace.rows.js';

describePlatform(
  'cluster',
  () => Platform.distributed({ processes: clusterProcesses, traced: true }),
  (world) => {
    describeTrace(world);
    describeKafkaOutage(world);
    describeOwnerChange(world, 'order-gateway-1');
  },
);
