// The connector that sessions are tested with is no other way to a broker than the real ones.
import { type ConformanceBench, describeScriptedConnector } from '@switchyard/connectors-port/testing';
import { ScriptedConnector, type Sent } from './scripted-connector.js';

const realTime = {
  nowMs: () => Date.now(),
  after: (delayMs: number, task: () => void) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A broker that takes every order and trades none. */
class ScriptedBench implements ConformanceBench {
  readonly brokerAccountId = 'PAPER-1';
  readonly instrumentId = 'I000001';
  readonly #connectors: ScriptedConnector[] = [];
  readonly #orders = new Set<string>();
  #isUp = true;
  #arrives = true;
  #answers = true;

  connector(): ScriptedConnector {
    const connector = new ScriptedConnector(realTime);
    connector.lookUps = (tag) => (this.#orders.has(tag) ? { kind: 'found', brokerOrderId: tag, executions: [] } : { kind: 'absent' });
    connector.onSent = (sent) => this.#take(connector, sent);
    this.#connectors.push(connector);
    setImmediate(() => this.#isUp && connector.ready());
    return connector;
  }

  readonly wire = {
    takeDown: async () => {
      this.#isUp = false;
      for (const connector of this.#connectors) connector.down('nobody answers');
    },
    bringUp: async () => {
      this.#isUp = true;
      for (const connector of this.#connectors) connector.ready();
    },
    cut: () => {
      for (const connector of this.#connectors) {
        connector.down('the connection broke');
        connector.ready();
      }
    },
    loseAnswers: () => void (this.#answers = false),
    loseRequests: () => void (this.#arrives = false),
    swapNextAnswers: () => undefined,
    mend: () => void ([this.#arrives, this.#answers] = [true, true]),
  };

  market(): Promise<void> {
    return Promise.reject(new Error('this broker trades nothing'));
  }

  async close(): Promise<void> {
    await this.wire.takeDown();
  }

  #take(connector: ScriptedConnector, { request: { tag }, outcome }: Sent): void {
    if (!this.#arrives) return;
    this.#orders.add(tag);
    if (!this.#answers) return;
    connector.say({ kind: 'new', tag, orderTag: tag, brokerOrderId: tag });
    outcome.resolve({ kind: 'accepted', brokerOrderId: tag });
  }
}

describeScriptedConnector('the scripted connector', async () => new ScriptedBench());
