import { describeCrossing } from './crossing.rows.js';
import { describeKafkaOutage } from './kafka-outage.rows.js';
import { describeOwnerChange } from './moves.rows.js';
import { Platform } from './platform.js';
import { describePlatform } from './suite.js';
import { hybridProcesses } from './topology.js';

describePlatform(
  'hybrid',
  () => Platform.distributed({ processes: hybridProcesses }),
  (world) => {
    describeCrossing(world);
    describeKafkaOutage(world);
    describeOwnerChange(world, 'right');
  },
);
