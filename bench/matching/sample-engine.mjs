/**
 * A sample of an engine that joins the bench from outside, in any language: plain arrays, no speed, one page. README.md of this folder has the protocol.
 * It reads a workload from standard input, executes it, and prints one line of JSON.
 */
import { readFileSync } from 'node:fs';

const bytes = readFileSync(0);
const all = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const [, , measuredFrom, , tradesBefore] = all;
const words = all.subarray(5);

let lanes = [];
let reports = 0;
let trades = tradesBefore;

function report(...fields) {
  lanes = lanes.map((lane, at) => mix(lane, fields[at], fields[at + 4]));
  reports++;
}

function mix(lane, word, other) {
  const changed = lane ^ word;
  return Math.imul(((changed << 13) | (changed >>> 19)) + other, 0x9e3779b1);
}

/** Sides of each book: price levels, best first, each a queue of orders. */
const books = new Map();
const orders = new Map();
const head = (order, kind, reason = 0, role = 0) =>
  kind | (reason << 8) | (order.side << 16) | (role << 17) | (order.ordType << 19) | (order.timeInForce << 22);

function take(order, limit) {
  const levels = books.get(order.book)[1 - order.side];
  const isOpen = ({ price }) => limit === 0 || (order.side === 0 ? price <= limit : price >= limit);
  while (order.open > 0 && levels.length > 0 && isOpen(levels[0])) {
    const maker = levels[0].queue[0];
    const qty = Math.min(order.open, maker.open);
    maker.open -= qty;
    order.open -= qty;
    trades++;
    report(head(maker, 2, 0, 1), order.book, maker.orderId, levels[0].price, qty, maker.open, maker.account, trades);
    report(head(order, 2, 0, 2), order.book, order.orderId, levels[0].price, qty, order.open, order.account, trades);
    if (maker.open === 0) remove(maker);
  }
}

function rest(order) {
  const levels = books.get(order.book)[order.side];
  const better = (a, b) => (order.side === 0 ? a > b : a < b);
  let at = levels.findIndex(({ price }) => !better(price, order.price));
  if (at < 0) at = levels.length;
  if (levels[at]?.price !== order.price) levels.splice(at, 0, { price: order.price, queue: [] });
  levels[at].queue.push(order);
  orders.set(order.orderId, order);
}

function remove(order) {
  const levels = books.get(order.book)[order.side];
  const at = levels.findIndex(({ price }) => price === order.price);
  levels[at].queue.splice(levels[at].queue.indexOf(order), 1);
  if (levels[at].queue.length === 0) levels.splice(at, 1);
  orders.delete(order.orderId);
}

/** What could be taken within the limit. */
function available(order) {
  const levels = books.get(order.book)[1 - order.side];
  return levels
    .filter(({ price }) => (order.side === 0 ? price <= order.price : price >= order.price))
    .reduce((sum, { queue }) => sum + queue.reduce((open, maker) => open + maker.open, 0), 0);
}

function newOrder(word0, book, orderId, price, qty, account) {
  const order = {
    book,
    orderId,
    price,
    open: qty,
    account,
    side: (word0 >> 4) & 1,
    ordType: (word0 >> 5) & 7,
    timeInForce: (word0 >> 8) & 7,
  };
  const rests = order.ordType === 1 && order.timeInForce !== 4 && order.timeInForce !== 5;
  report(head(order, 1), book, orderId, price, qty, qty, account, rests ? qty : 0);
  if (order.timeInForce === 5 && available(order) < qty) return report(head(order, 3, 33), book, orderId, price, qty, 0, account, 0);
  take(order, price);
  if (order.open === 0) return;
  if (rests) rest(order);
  else report(head(order, 3, 32), book, orderId, price, order.open, 0, account, 0);
}

function execute([word0, book, orderId, price, qty, account, w6]) {
  const order = orders.get(orderId);
  switch (word0 & 15) {
    case 1:
      return newOrder(word0, book, orderId, price, qty, account);
    case 2:
      remove(order);
      return report(head(order, 3, 30), book, orderId, order.price, order.open, 0, order.account, 0);
    case 3: {
      if (price === order.price && qty <= order.open) {
        order.open = qty;
        return report(head(order, 4), book, orderId, price, qty, qty, order.account, qty);
      }
      remove(order);
      Object.assign(order, { price, open: qty });
      report(head(order, 4), book, orderId, price, qty, qty, order.account, qty);
      take(order, price);
      if (order.open > 0) rest(order);
      return;
    }
    case 6:
      if (!books.has(book)) books.set(book, [[], []]);
      return report(9, book, 6, 0, 0, 0, 0, 0);
    case 5:
      return report(9, book, 5, 0, 0, 0, 0, 0);
    default:
      throw new Error(`the sample knows no command ${word0 & 15} (${w6})`);
  }
}

for (let at = 0; at < measuredFrom; at += 8) execute(words.subarray(at, at + 8));
lanes = [0, 0, 0, 0].fill(0x811c9dc5);
reports = 0;
const began = performance.now();
for (let at = measuredFrom; at < words.length; at += 8) execute(words.subarray(at, at + 8));
const seconds = (performance.now() - began) / 1_000;
const hash = lanes.reduce((mixed, lane) => mix(mixed, lane, 0), 0);
process.stdout.write(`${JSON.stringify({ seconds, commands: (words.length - measuredFrom) / 8, reports, hash: hash >>> 0 })}\n`);
