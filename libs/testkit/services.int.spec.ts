import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { guardKafkajsTimers, isAlive, leaseService, releaseServices } from '@switchyard/infra';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { testDatabase, testKafka, testRedis } from './services.js';

jest.setTimeout(60_000);
guardKafkajsTimers();

describe('testDatabase', () => {
  const prepared: string[] = [];
  const template = {
    key: `services.int.spec ${process.pid}`,
    prepare: async (url: string) => {
      prepared.push(url);
      await query(url, "CREATE TABLE probe (note text); INSERT INTO probe VALUES ('from the template')");
    },
  };

  async function query(url: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it('fills a template once, gives each call a copy of its own, and drops it', async () => {
    const [first, second] = await Promise.all([testDatabase(template), testDatabase(template)]);
    expect(first.name).not.toBe(second.name);
    await query(first.url, 'DELETE FROM probe');
    expect(await query(second.url, 'SELECT note FROM probe')).toEqual([{ note: 'from the template' }]);
    expect(prepared).toHaveLength(1);
    await Promise.all([first.drop(), second.drop()]);
    await expect(query(first.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });
});

describe('testKafka', () => {
  it('is one broker for all, with a prefix for each', async () => {
    const [first, second] = [await testKafka(), await testKafka()];
    expect(first.brokers).toEqual(second.brokers);
    expect(first.topicPrefix).not.toBe(second.topicPrefix);
    const admin = new Kafka({ brokers: [...first.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    expect(await admin.createTopics({ topics: [{ topic: `${first.topicPrefix}orders.v1`, numPartitions: 2 }] })).toBe(true);
    await admin.disconnect();
  });
});

describe('testRedis', () => {
  it('is one Redis for all, with a prefix for each', async () => {
    const [first, second] = [await testRedis(), await testRedis()];
    expect([first.url, first.keyPrefix === second.keyPrefix]).toEqual([second.url, false]);
    const client = new Redis(first.url);
    expect(await client.set(`${first.keyPrefix}:a`, '1')).toBe('OK');
    client.disconnect();
  });
});

describe('shared services', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'switchyard-leases-'));
  const holders = [0, 1].map(() => spawn(process.execPath, ['-e', 'setTimeout(() => {}, 120000)'], { stdio: 'ignore' }));
  const [a, b] = holders.map((holder) => holder.pid ?? 0) as [number, number];

  afterEach(async () => {
    for (const holderPid of [a, b]) await releaseServices({ dir, holderPid });
    for (const holder of holders) holder.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  it('run until the last holder gives them back, and the lease of a killed holder counts for nothing', async () => {
    const [first, second] = await Promise.all([leaseService('redis', { dir, holderPid: a }), leaseService('redis', { dir, holderPid: b })]);
    const pid = first.pid ?? 0;
    expect(second.pid).toBe(pid);
    await releaseServices({ dir, holderPid: a });
    expect(isAlive(pid)).toBe(true);
    await leaseService('redis', { dir, holderPid: a });
    const ended = new Promise((resolve) => holders[1]?.once('exit', resolve));
    holders[1]?.kill('SIGKILL');
    await ended;
    await releaseServices({ dir, holderPid: a });
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(path.join(dir, 'redis.leases'))).toEqual([]);
  });
});
