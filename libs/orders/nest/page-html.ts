// The pages as text: a list of an account's orders, and an order's life on one timeline. Server-rendered, no script.
import { OrdStatus, OrdType, SelfTradePrevention, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { type ExplainOrderResponse, type TimelineEntry } from '@switchyard/contracts/gen/orders/v1/service';

/** Text as HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; --ink: #14202b; --soft: #5b6b7a; --line: #dde4ea; --ground: #f6f8fa; --card: #fff; --accent: #0b63ce; --good: #0a7f4f; --bad: #b3261e; --warn: #9a6200; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #93a1af; --line: #2a3440; --ground: #0e151c; --card: #151e27; --accent: #6cb1ff; --good: #4ccb93; --bad: #ff8a80; --warn: #f2b64c; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { padding: 14px 28px; border-bottom: 1px solid var(--line); background: var(--card); display: flex; gap: 18px; align-items: baseline; }
header a { color: inherit; text-decoration: none; font-weight: 650; letter-spacing: .01em; }
header nav a { font-weight: 400; color: var(--accent); margin-right: 14px; }
main { max-width: 1020px; margin: 0 auto; padding: 26px 20px 60px; }
h1 { font-size: 22px; margin: 0 0 4px; } .soft { color: var(--soft); } .num { font-variant-numeric: tabular-nums; }
code { font: 13px ui-monospace, monospace; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 22px; margin: 18px 0; }
.pill { display: inline-block; border-radius: 99px; padding: 1px 11px; font-size: 13px; border: 1px solid currentColor; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .plain { color: var(--accent); }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px 22px; margin: 16px 0 0; } dl.facts div { min-width: 0; }
dl.facts dt { color: var(--soft); font-size: 12.5px; } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: var(--soft); font-weight: 500; font-size: 13px; }
th, td { padding: 7px 10px; border-bottom: 1px solid var(--line); } td.num, th.num { text-align: right; } td a { color: var(--accent); text-decoration: none; }
ol.life { list-style: none; margin: 0; padding: 0; } ol.life li { display: grid; grid-template-columns: 112px 74px 1fr; gap: 0 16px; position: relative; padding: 9px 0; }
ol.life li + li { border-top: 1px dashed var(--line); } ol.life .step { text-align: right; color: var(--soft); } ol.life .title { font-weight: 600; }
ol.life .facts { font-size: 13px; color: var(--soft); overflow-wrap: anywhere; } ol.life .reason { color: var(--bad); }
@media (max-width: 640px) { ol.life li { grid-template-columns: 1fr; } ol.life .step { text-align: left; } }
input { font: inherit; padding: 7px 10px; border: 1px solid var(--line); border-radius: 7px; width: 100%; background: var(--ground); color: inherit; } button { font: inherit; padding: 7px 16px; border-radius: 7px; border: 0; background: var(--accent); color: #fff; margin-top: 10px; }
`;

function page(title: string, nav: readonly { readonly href: string; readonly text: string }[], body: string): string {
  const links = nav.map(({ href, text }) => `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Switchyard</title><style>${style}</style></head>
<body><header><a href="/">Switchyard</a><nav>${links}</nav></header><main>${body}</main></body></html>`;
}

/** Asks for a token. */
export function tokenPage(problem: string): string {
  const said = problem === '' ? '' : `<p class="bad">${escapeHtml(problem)}</p>`;
  return page(
    'Sign in',
    [],
    `<div class="card"><h1>Sign in</h1><p class="soft">Paste a token; <code>npm run switchyard -- token</code> makes one for development.</p>${said}
<form method="post" action="/session"><input name="token" aria-label="Token" autocomplete="off" required><button>Sign in</button></form></div>`,
  );
}

/** A refusal, in words. */
export function problemPage(title: string, detail: string): string {
  return page(title, [], `<div class="card"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(detail)}</p></div>`);
}

/** The orders of an account. */
export function ordersPage(
  accountId: string,
  accounts: readonly string[],
  orders: readonly OrderState[],
  symbolOf: (instrumentId: string) => string,
): string {
  const rows = orders.map((order) => {
    const content = order.content;
    const price = content?.price === undefined ? (OrdType[content?.ordType ?? OrdType.UNSPECIFIED] ?? '') : content.price;
    return `<tr><td><a href="/accounts/${encodeURIComponent(accountId)}/orders/${escapeHtml(order.orderId)}"><code>${escapeHtml(order.clOrdId)}</code></a></td>
<td>${escapeHtml(Side[content?.side ?? Side.UNSPECIFIED] ?? '')}</td><td>${escapeHtml(symbolOf(content?.instrument ?? ''))}</td><td class="num">${escapeHtml(content?.orderQty ?? '')}</td><td class="num">${escapeHtml(price)}</td>
<td class="num">${escapeHtml(order.cumQty)}</td><td class="num">${order.cumQty === '0' ? '' : escapeHtml(order.avgPx)}</td><td>${statusPill(order)}</td><td class="num soft">${timeOf(order.createdAtMs)}</td></tr>`;
  });
  const table =
    rows.length === 0
      ? `<p class="soft">No orders yet. Place one: <code>npm run switchyard -- order buy 10 NSE:INFY</code></p>`
      : `<table><thead><tr><th>clOrdId</th><th>Side</th><th>Instrument</th><th class="num">Quantity</th><th class="num">Price</th><th class="num">Filled</th><th class="num">Average</th><th>Status</th><th class="num">Accepted</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  return page(
    accountId,
    accountLinks(accounts),
    `<h1>Orders of ${escapeHtml(accountId)}</h1><p class="soft">The newest ${orders.length}.</p><div class="card">${table}</div>`,
  );
}

/** An order's life. */
export function explainPage(
  { order, entries }: ExplainOrderResponse,
  accounts: readonly string[],
  symbolOf: (instrumentId: string) => string,
): string {
  if (order === undefined) return problemPage('No such order', 'The journal has nothing about it.');
  const content = order.content;
  const what = `${Side[content?.side ?? Side.UNSPECIFIED] ?? ''} ${content?.orderQty ?? ''} ${symbolOf(content?.instrument ?? '')} ${priceWords(content)}`;
  const facts: [string, string][] = [
    ['Filled', `${order.cumQty} of ${content?.orderQty ?? ''}`],
    ['Average price', order.cumQty === '0' ? '–' : order.avgPx],
    ['Type', OrdType[content?.ordType ?? OrdType.UNSPECIFIED] ?? ''],
    ['Time in force', TimeInForce[content?.timeInForce ?? TimeInForce.UNSPECIFIED] ?? ''],
    ...termsOf(content),
    ['Account', order.accountId],
    ['Broker account', order.brokerAccountId || '–'],
    ["Broker's id", order.brokerOrderId || '–'],
    ['clOrdId', order.clOrdId],
    ['orderId', order.orderId],
  ];
  const first = entries[0]?.atMs ?? 0;
  const lasted = entries.length > 1 ? `${(entries[entries.length - 1]?.atMs ?? first) - first} ms from first to last` : '';
  const reason = order.text === '' ? '' : `<p class="bad">${escapeHtml(order.text)}</p>`;
  return page(
    order.clOrdId,
    accountLinks(accounts),
    `<h1>${escapeHtml(what)} ${statusPill(order)}</h1>${reason}<div class="card"><dl class="facts">${facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd class="num">${escapeHtml(value)}</dd></div>`).join('')}</dl></div>
<div class="card"><p class="soft">${entries.length} steps, ${lasted}</p><ol class="life">${entries.map(entryItem).join('')}</ol></div>`,
  );
}

/** "at 1500 stop 1490". */
function priceWords(content: OrderContent | undefined): string {
  const price = content?.price === undefined ? 'at market' : `at ${content.price}`;
  return content?.stopPx === undefined ? price : `${price} stop ${content.stopPx}`;
}

/** What only some orders say. */
function termsOf(content: OrderContent | undefined): [string, string][] {
  if (content === undefined) return [];
  const { expireAtMs, displayQty, marketProtection, postOnly, selfTradePrevention } = content;
  const terms: [string, string][] = [];
  if (expireAtMs !== 0) terms.push(['Expires', new Date(expireAtMs).toISOString()]);
  if (displayQty !== undefined) terms.push(['Shown', displayQty]);
  if (marketProtection !== undefined) terms.push(['Market protection', `${marketProtection} %`]);
  if (postOnly) terms.push(['Post-only', 'yes']);
  if (selfTradePrevention !== SelfTradePrevention.UNSPECIFIED)
    terms.push(['Self-trade', SelfTradePrevention[selfTradePrevention] ?? 'UNRECOGNIZED']);
  return terms;
}

function entryItem(entry: TimelineEntry): string {
  const facts = Object.entries(entry.facts).map(([name, value]) => `${name} <b>${escapeHtml(value)}</b>`);
  const reason = entry.reason === '' ? '' : `<div class="reason">${escapeHtml(entry.reason)}</div>`;
  return `<li><span class="num soft">${timeOf(entry.atMs)}</span><span class="num step">+${entry.sinceFormerMs} ms</span><span><span class="title">${escapeHtml(entry.title)}</span>
<span class="soft">${escapeHtml([entry.process, entry.source].filter((part) => part !== '').join(' · '))}</span>${reason}<div class="facts">${facts.join(' · ')}</div></span></li>`;
}

function statusPill(order: OrderState): string {
  const name = OrdStatus[order.ordStatus] ?? 'UNKNOWN';
  const colour = order.inDoubt
    ? 'warn'
    : name === 'FILLED'
      ? 'good'
      : ['REJECTED', 'DENIED'].includes(name)
        ? 'bad'
        : ['CANCELED', 'EXPIRED'].includes(name)
          ? 'soft'
          : 'plain';
  return `<span class="pill ${colour}">${order.inDoubt ? 'in doubt · ' : ''}${name.toLowerCase().replaceAll('_', ' ')}</span>`;
}

const accountLinks = (accounts: readonly string[]) =>
  accounts.map((accountId) => ({ href: `/accounts/${encodeURIComponent(accountId)}`, text: accountId }));

/** UTC time of day with milliseconds. */
function timeOf(atMs: number): string {
  return Number.isFinite(atMs) && atMs < 8.64e15 ? new Date(atMs).toISOString().slice(11, 23) : '–';
}
