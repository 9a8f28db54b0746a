/** The pages in a real browser: what `npm start` prints is opened, and orders and their lives are read as a person reads them. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { OrdStatus, Side } from '@switchyard/contracts';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { eventually } from '@switchyard/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Platform } from './platform.js';
import { Desk, limit, market, marketOf, priceAwayFromBid } from './world.js';

jest.setTimeout(120_000);

const browserFile = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (file) => file !== undefined && existsSync(file),
);
const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

// Where there is no browser these rows are skipped, and docs/verification.md says so: install chromium, or name one with CHROMIUM_PATH.
const describeInBrowser = browserFile === undefined ? describe.skip : describe;

describeInBrowser('the page that npm start prints', () => {
  let platform: Platform;
  let browser: Browser;
  let page: Page;
  let filled: OrderState;
  let resting: OrderState;
  const problems: string[] = [];

  beforeAll(async () => {
    platform = await Platform.standalone();
    // The process is ready before the accounts of the demonstration are there; then it prints where to look.
    await eventually(() => printedPage() !== undefined, { what: 'the start prints the page' });
    const client = platform.client();
    const desk = new Desk('DEMO', client);
    filled = await desk.placed(market('NSE:INFY', Side.BUY, '10'), OrdStatus.FILLED);
    resting = await desk.placed(limit('NSE:INFY', Side.BUY, '5', priceAwayFromBid(await marketOf(client, 'NSE:INFY'), -2)), OrdStatus.NEW);
    browser = await chromium.launch({ executablePath: browserFile, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
    page = await browser.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });

  /** The address in what the start prints. */
  function printedPage(): string | undefined {
    return /page +(http:\/\/\S+)/.exec(platform.processes[0]?.logTail(100_000) ?? '')?.[1];
  }

  it('asks for a token where there is none', async () => {
    await page.goto(new URL('/', printedPage()).href);
    expect(await page.title()).toBe('Sign in · Switchyard');
  });

  it('signs in by its address, which then has no token in it, and shows the orders of the first account', async () => {
    const address = new URL(printedPage() ?? '');
    await page.goto(address.href);
    expect(page.url()).toBe(new URL('/accounts/DEMO', address).href);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Orders of DEMO');
    const rows = await page.getByRole('row').allInnerTexts();
    const cells = rows.slice(1).map((row) => row.split('\t').slice(0, 8));
    expect(cells).toEqual([
      [resting.clOrdId, 'BUY', 'NSE:INFY', '5', resting.content?.price, '0', '', 'new'],
      [filled.clOrdId, 'BUY', 'NSE:INFY', '10', 'MARKET', '10', filled.avgPx, 'filled'],
    ]);
  });

  it("leads to an order's life on one timeline", async () => {
    await page.getByRole('link', { name: filled.clOrdId }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('BUY 10 NSE:INFY at market filled');
    const steps = await page.locator('ol.life li .title').allInnerTexts();
    const titles = steps.map((step) => step.replace(/ [0-9a-z]{24}\.1$/, ''));
    expect(titles.slice(0, 5)).toEqual([
      'call received from e2e',
      'risk approved',
      'order accepted',
      'SENDING written: NEW',
      'bytes left: NEW',
    ]);
    expect(titles).toContain('trade booked');
    const text = await page.locator('main').innerText();
    expect(text).toContain(`10 of 10`);
    expect(text).toContain(filled.orderId);
    expect(text).toMatch(/\+\d+ ms/);
  });

  it('leads to the other accounts', async () => {
    await page.getByRole('link', { name: 'DEMO2', exact: true }).click();
    expect(await page.locator('main').innerText()).toContain('No orders yet.');
  });

  it('fits a narrow window', async () => {
    await page.setViewportSize({ width: 380, height: 700 });
    await page.goto(new URL(`/accounts/DEMO/orders/${filled.orderId}`, page.url()).href);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(380);
  });

  it('says what is wrong where there is no such order', async () => {
    const answer = await page.goto(new URL('/accounts/DEMO/orders/000000000000000000000000', page.url()).href);
    expect(answer?.status()).toBe(404);
    expect(await page.locator('main').innerText()).toContain('there is no such order in this account');
  });

  it('runs into nothing that the browser complains of', () => {
    // The browser itself reports the answer 404 of the row before.
    expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
  });
});
