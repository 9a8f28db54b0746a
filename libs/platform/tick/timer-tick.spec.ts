import { openTick } from './index.js';
import { tickContract } from '../testing/tick.contract.js';
import { testLog } from '../testing/test-log.js';

tickContract('a timer', async () => {
  const { log, lines } = testLog();
  return {
    open: () => openTick({ redisUrl: undefined, environment: 'sim', log }),
    get failures() {
      return lines.map((line) => line['err']);
    },
    close: async () => undefined,
  };
});
