// Invariants of what clients asked for: I1 here, V1 at the venue.
import { type Evidence, type VenueCommand } from '../evidence.js';
import { type LoadRecord } from '../load.js';
import { type Message } from '../wire.js';
import { differences, differencesAtVenue, differencesOfContent, differencesThatStay } from './content.js';
import { type Fact, factsOf, ordersOf, type OrderStory, text } from './facts.js';

/** The facts that answer a request. */
const answersOf: Readonly<Record<LoadRecord['kind'], readonly string[]>> = {
  place: ['orderAccepted', 'orderDenied'],
  cancel: ['cancelRequested', 'requestDenied'],
  replace: ['replaceRequested', 'requestDenied'],
  cancelAll: ['cancelAllRequested'],
};
const answering = new Set(Object.values(answersOf).flat());
/** No answer for good to a load that knows only accounts and instruments that are there: that not all of them were read yet is no reason to say so. */
const defects = ['INTERNAL', 'INSTRUMENT_UNKNOWN', 'ACCOUNT_UNKNOWN', 'NO_ROUTE'];
const kindOfRequest: Readonly<Record<string, string>> = { cancel: 'REQUEST_KIND_CANCEL', replace: 'REQUEST_KIND_REPLACE' };
/** What of an order a replace may change. */
const replacedFields = ['orderQty', 'price', 'stopPx'];

const keyOf = ({ accountId, clOrdId }: Pick<LoadRecord, 'accountId' | 'clOrdId'>): string => `${accountId}/${clOrdId}`;
const within = (message: Message | undefined, field: string): Message => (message?.[field] ?? {}) as Message;

/** I1: what was answered is stored once and as it was sent; what was refused is not stored; no fault of the world shows as a defect. */
export function answersAreStored(evidence: Evidence): string[] {
  const facts = factsOf(evidence);
  const orders = ordersOf(facts);
  const byId = new Map<string, Fact[]>();
  for (const fact of facts) {
    if (!answering.has(fact.name)) continue;
    const key = `${fact.accountId}/${text(fact.value, 'clOrdId')}`;
    byId.set(key, [...(byId.get(key) ?? []), fact]);
  }
  const rows = new Map<string, number>();
  for (const { accountId, requestId, scope } of evidence.requests)
    if (scope === 'clOrdId') rows.set(`${accountId}/${requestId}`, (rows.get(`${accountId}/${requestId}`) ?? 0) + 1);
  const problems: string[] = [];
  for (const [key, own] of byId)
    if (own.length > 1) problems.push(`${key} was answered by ${own.length} facts: ${own.map(({ where }) => where).join(', ')}`);
  for (const record of evidence.load) {
    const key = keyOf(record);
    if (defects.some((reason) => record.refused?.startsWith(reason) === true)) problems.push(`${key} met a defect: ${record.refused}`);
    const [fact] = byId.get(key) ?? [];
    problems.push(...answerProblems(record, fact, rows.get(key) ?? 0));
    const story = orders.get(text(fact?.value, 'orderId'));
    if (fact !== undefined) problems.push(...contentProblems(record, fact, story, evidence).map((text) => `${key} is ${text}`));
  }
  return problems;
}

function answerProblems(record: LoadRecord, fact: Fact | undefined, rows: number): string[] {
  const key = keyOf(record);
  const problems: string[] = [];
  if (record.answer !== undefined) {
    if (fact === undefined) return [`${key} was answered, but no fact holds it`];
    if (rows !== 1) problems.push(`${key} was answered, and has ${rows} rows`);
    const told = text(within(record.answer, 'order'), 'orderId');
    if (told !== '' && told !== text(fact.value, 'orderId'))
      problems.push(`${key} was answered with order ${told}, but ${text(fact.value, 'orderId')} is stored`);
  }
  for (const { reason, askedAtMs } of record.refusals)
    if (fact !== undefined && fact.atMs < askedAtMs)
      problems.push(
        `${key} was refused with ${reason} ("nothing is stored") at ${askedAtMs}, though ${fact.where} holds it since ${fact.atMs}`,
      );
  if (record.refused !== undefined && fact !== undefined)
    problems.push(`${key} was refused for good (${record.refused}), but ${fact.where} holds it`);
  return problems;
}

/** Where the fact, the answer, or what the order says of itself later has something else than the client gave. */
function contentProblems(record: LoadRecord, fact: Fact, story: OrderStory | undefined, evidence: Evidence): string[] {
  const { kind, request, answer } = record;
  const stored = (list: readonly string[]): string[] => list.map((text) => `stored at ${fact.where} with ${text}`);
  const answered = (list: readonly string[]): string[] => (answer === undefined ? [] : list.map((text) => `answered with ${text}`));
  const order = within(answer, 'order');
  if (!answersOf[kind].includes(fact.name)) return stored([`a fact that is no answer to a ${kind}: ${fact.name}`]);
  switch (kind) {
    case 'place': {
      const asked = askedContent(request, evidence);
      return [
        ...stored(differencesOfContent(asked, within(fact.value, 'content'))),
        ...answered(differencesOfContent(asked, within(order, 'content'))),
        ...answered(differences(['accountId', 'firstClOrdId'], { accountId: record.accountId, firstClOrdId: record.clOrdId }, order)),
        ...(story?.facts ?? []).flatMap(({ state, where }) =>
          differencesThatStay(asked, within(state, 'content')).map((text) => `told at ${where} with ${text}`),
        ),
      ];
    }
    case 'replace': {
      if (fact.name !== 'replaceRequested') return stored(requestDiffers(record, fact));
      const asked = wholeReplace(request, fact, story);
      const pending = { orderQty: order['replaceQty'], price: order['replacePrice'], stopPx: order['replaceStopPx'] };
      return [
        ...stored(differences(['orderId', ...replacedFields], asked, fact.value)),
        ...answered(differences(replacedFields, asked, pending)),
      ];
    }
    case 'cancel':
      return stored(requestDiffers(record, fact));
    case 'cancelAll':
      return [];
  }
}

/** A cancel or replace is one of the order that it names; a denied one says which of the two it is. */
function requestDiffers({ kind, request }: LoadRecord, { name, value }: Fact): string[] {
  const asked = { orderId: request['orderId'], kind: name === 'requestDenied' ? kindOfRequest[kind] : undefined };
  return differences(['orderId', 'kind'], asked, value);
}

/** What was ordered, with the instrument by its id. */
function askedContent(request: Message, { instruments }: Evidence): Message {
  const content = within(request, 'content');
  return { ...content, instrument: instruments.get(text(content, 'instrument')) ?? content['instrument'] };
}

/** What a replace asks for, whole: what it does not give stays as it was. */
function wholeReplace(request: Message, fact: Fact, story: OrderStory | undefined): Message {
  const before = contentBefore(fact, story);
  const { orderId, orderQty, price = before['price'], stopPx = before['stopPx'] } = request;
  return { orderId, orderQty, price, stopPx };
}

function contentBefore({ accountSeq }: Fact, story: OrderStory | undefined): Message {
  return within(story?.facts.findLast((fact) => fact.accountSeq < accountSeq)?.state, 'content');
}

/**
 * The same as the venue is asked: a stop that was triggered has no stop price any more that could stay as it was. Where the trigger became known between the
 * request and its command, the command may have been made before or after it.
 */
function replaceAtVenue(request: Message, fact: Fact, story: OrderStory | undefined, { atMs, command }: VenueCommand): Message {
  const whole = wholeReplace(request, fact, story);
  if (whole['stopPx'] !== contentBefore(fact, story)['stopPx']) return whole;
  const triggers = story?.facts.filter(({ name }) => name === 'orderTriggered') ?? [];
  const isBefore = triggers.some(({ accountSeq }) => accountSeq < fact.accountSeq);
  const isBetween = triggers.some((trigger) => trigger.atMs <= atMs);
  return isBefore || (isBetween && text(command, 'stopPx') === '') ? { ...whole, stopPx: '' } : whole;
}

const factOfCommand = { newOrder: 'orderAccepted', cancel: 'cancelRequested', replace: 'replaceRequested' } as const;

/** V1: every command on the venue's wire, those that were lost there too, is one that a client asked for, with the content that it gave. */
export function venueIsAskedAsClientsAsked(evidence: Evidence): string[] {
  const facts = factsOf(evidence);
  const orders = ordersOf(facts);
  const records = new Map(evidence.load.map((record) => [keyOf(record), record]));
  const brokerAccounts = new Map(evidence.accounts.map(({ accountId, brokerAccountId }) => [accountId, brokerAccountId]));
  const requests = new Map(facts.map((fact) => [tagOf(fact), fact]));
  return evidence.commands.flatMap((sent) => {
    const { kind, tag, command } = sent;
    const fact = requests.get(tag);
    if (fact?.name !== factOfCommand[kind]) return [`the venue was asked for ${kind} ${tag}, which no fact holds`];
    const story = orders.get(text(fact.value, 'orderId'));
    const problems = kind === 'newOrder' ? [] : differences(['targetTag'], { targetTag: story?.tag }, command);
    const record = records.get(`${fact.accountId}/${text(fact.value, 'clOrdId')}`);
    // A cancel may be one of a cancel-all, which has an id of its own for each.
    if (record === undefined) problems.push(...(kind === 'cancel' ? [] : ['what no client asked for']));
    else if (kind === 'newOrder')
      problems.push(
        ...differencesAtVenue({ ...askedContent(record.request, evidence), brokerAccountId: brokerAccounts.get(fact.accountId) }, command),
      );
    else if (kind === 'replace') problems.push(...differences(replacedFields, replaceAtVenue(record.request, fact, story, sent), command));
    return problems.map(
      (text) =>
        `${kind} ${tag} of ${keyOf({ accountId: fact.accountId, clOrdId: String(fact.value['clOrdId']) })} reached the venue with ${text}`,
    );
  });
}

/** Tag of the request that a fact accepted; empty for every other fact. */
function tagOf({ name, value }: Fact): string {
  if (name === 'orderAccepted') return text(within(value, 'placement'), 'tag');
  return name === 'cancelRequested' || name === 'replaceRequested' ? text(value, 'tag') : '';
}
