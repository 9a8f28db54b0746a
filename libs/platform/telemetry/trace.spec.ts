import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { activeTraceparent, inTrace, openSpan, type SpanLine, startTelemetry, type Telemetry, withTraceparent } from './index.js';

const unsampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('tracing without a collector', () => {
  it('hands the trace context on as it is, sampled or not', () => {
    expect(openSpan(unsampled, 'work').traceparent).toBe(unsampled);
    expect(openSpan(sampled, 'work').traceparent).toBe(sampled);
  });

  it('begins an unsampled trace where there is none, so that log lines belong together', () => {
    const first = openSpan('', 'work').traceparent;
    expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(openSpan('', 'work').traceparent).not.toBe(first);
  });

  it('knows the context that the code runs in, across awaits and apart from others', async () => {
    expect(activeTraceparent()).toBe('');
    const seen = await Promise.all(
      [sampled, unsampled].map((context) =>
        withTraceparent(context, 'work', undefined, async () => {
          await new Promise((resolve) => setTimeout(resolve, 2));
          return activeTraceparent();
        }),
      ),
    );
    expect(seen).toEqual([sampled, unsampled]);
    expect(inTrace(sampled, activeTraceparent)).toBe(sampled);
  });
});

describe('tracing into a file', () => {
  let folder: string;
  let file: string;
  let telemetry: Telemetry;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'switchyard-trace-'));
    file = path.join(folder, 'spans');
    telemetry = await startTelemetry({ process: 'order-gateway', environment: 'sim', traceFile: file, sampledFraction: 1 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function spans(): Promise<SpanLine[]> {
    await telemetry.stop();
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SpanLine);
  }

  it('writes parent and child of one trace, with attributes and errors', async () => {
    const parent = openSpan('', 'place', { shard: '7f' });
    await withTraceparent(parent.traceparent, 'append', undefined, async (span) => span.set({ entries: 2 }));
    await expect(withTraceparent(parent.traceparent, 'send', undefined, () => Promise.reject(new Error('no answer')))).rejects.toThrow();
    parent.end();
    const [append, send, place] = await spans();
    expect(place).toMatchObject({ process: 'order-gateway', name: 'place', parentSpanId: '', attributes: { shard: '7f' }, error: '' });
    expect(append).toMatchObject({ name: 'append', traceId: place?.traceId, parentSpanId: place?.spanId, attributes: { entries: 2 } });
    expect(send).toMatchObject({ name: 'send', traceId: place?.traceId, parentSpanId: place?.spanId, error: 'no answer' });
  });

  it('continues a sampled trace of another process, and not an unsampled one', async () => {
    openSpan(sampled, 'continued').end();
    openSpan(unsampled, 'skipped').end();
    openSpan('nonsense-01', 'begun anew').end();
    const lines = await spans();
    expect(lines.map((line) => line.name)).toEqual(['continued', 'begun anew']);
    expect(lines[0]).toMatchObject({ traceId: sampled.slice(3, 35), parentSpanId: sampled.slice(36, 52) });
  });
});
