-- Nobody asks for the venue's rows of one key.
DROP INDEX "matching"."journal_stream_key_seq_idx";

-- Only open orders are looked for by shard. An order that is final when it is first flushed has no entry.
DROP INDEX "orders"."orders_shard_is_final_idx";
CREATE INDEX "orders_open_shard_idx" ON "orders"."orders"("shard") WHERE NOT "is_final";

-- Only requests without an answer (SENDING, IN_DOUBT) are looked for by session. One that is answered has no entry.
DROP INDEX "brokers"."requests_session_id_state_idx";
CREATE INDEX "requests_unanswered_idx" ON "brokers"."requests"("session_id") WHERE "state" IN (1, 5);

-- A row of the ledger is an entry with its postings, and no longer one posting.
ALTER TABLE "positions"."ledger" RENAME TO "postings";
ALTER TABLE "positions"."postings" RENAME CONSTRAINT "ledger_pkey" TO "postings_pkey";

CREATE TABLE "positions"."ledger" (
    "account_id" TEXT NOT NULL,
    "account_seq" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "books" TEXT[],
    "amounts" DECIMAL(28,9)[],
    "text" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,
    "ref" TEXT NOT NULL,

    CONSTRAINT "ledger_pkey" PRIMARY KEY ("account_id","account_seq"),
    CONSTRAINT "ledger_postings_check" CHECK (coalesce(cardinality("books") = cardinality("amounts") AND cardinality("books") > 0, false))
);

INSERT INTO "positions"."ledger" (account_id, account_seq, currency, books, amounts, text, at_ms, ref)
SELECT account_id, account_seq, min(currency), array_agg(book ORDER BY line), array_agg(amount ORDER BY line), min(text), min(at_ms), min(ref)
FROM "positions"."postings" GROUP BY account_id, account_seq;

DROP TABLE "positions"."postings";
