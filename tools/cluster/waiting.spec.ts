import { describe, expect, it } from '@jest/globals';
import { waitingLine } from './waiting.js';

const ready = { name: 'market-data', readiness: 'ready' };
const risk = {
  name: 'risk-engine',
  readiness: 'risk-engine quotes: the quotes are not known yet; risk-engine rules: limits and halts are not read yet',
};
const gateway = { name: 'order-gateway-0', readiness: 'order-gateway orders: The journal orders recovers 99 units.' };
const silent = { name: 'broker-connector', readiness: 'it does not answer' };

describe('the line of what a cluster waits for', () => {
  it('is none when everybody is ready', () => {
    expect(waitingLine([ready])).toBeUndefined();
    expect(waitingLine([])).toBeUndefined();
  });

  it('names who is waited for, and the first reason of each', () => {
    expect(waitingLine([ready, risk, silent])).toBe(
      'waiting for 2 of 3: risk-engine (the quotes are not known yet), broker-connector (it does not answer)',
    );
    expect(waitingLine([gateway])).toBe('waiting for 1 of 1: order-gateway-0 (The journal orders recovers 99 units)');
  });

  it('keeps to one line: where there is no room, the last ones are names alone', () => {
    const line = waitingLine([risk, silent, gateway, { ...gateway, name: 'order-gateway-1' }]) ?? '';
    expect(line).toBe(
      'waiting for 4 of 4: risk-engine (the quotes are not known yet), broker-connector (it does not answer), order-gateway-0, order-gateway-1',
    );
    expect(line.length).toBeLessThanOrEqual(160);
  });

  it('cuts a long reason', () => {
    const line = waitingLine([{ name: 'matching-engine', readiness: `venue: ${'x'.repeat(200)}` }]) ?? '';
    expect(line).toBe(`waiting for 1 of 1: matching-engine (${'x'.repeat(89)}…)`);
  });

  it('says the names of all, however many there are', () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ ...gateway, name: `order-gateway-${at}` }));
    expect(waitingLine(many)).toContain('order-gateway-29');
  });
});
