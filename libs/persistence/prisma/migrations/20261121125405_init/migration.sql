-- The schema of every noun, also of those without tables: the roles' rights name them all.
CREATE SCHEMA IF NOT EXISTS "brokers";
CREATE SCHEMA IF NOT EXISTS "instruments";
CREATE SCHEMA IF NOT EXISTS "marketdata";
CREATE SCHEMA IF NOT EXISTS "matching";
CREATE SCHEMA IF NOT EXISTS "orders";
CREATE SCHEMA IF NOT EXISTS "platform";
CREATE SCHEMA IF NOT EXISTS "positions";
CREATE SCHEMA IF NOT EXISTS "risk";

-- CreateTable
CREATE TABLE "brokers"."sessions" (
    "session_id" TEXT NOT NULL,
    "broker" TEXT NOT NULL,
    "broker_account_ids" TEXT[],
    "commands_per_second_max" INTEGER NOT NULL,
    "state" INTEGER NOT NULL DEFAULT 1,
    "state_text" TEXT NOT NULL DEFAULT '',
    "cursor" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "brokers"."requests" (
    "broker_request_id" TEXT NOT NULL,
    "session_id" TEXT NOT NULL,
    "shard" SMALLINT NOT NULL,
    "order_id" TEXT NOT NULL,
    "tag" TEXT NOT NULL,
    "command" BYTEA NOT NULL,
    "state" SMALLINT NOT NULL,
    "sending_at_ms" BIGINT NOT NULL,
    "sent_at_ms" BIGINT NOT NULL,
    "answered_at_ms" BIGINT NOT NULL,
    "broker_order_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "process" TEXT NOT NULL,

    CONSTRAINT "requests_pkey" PRIMARY KEY ("broker_request_id")
);

-- CreateTable
CREATE TABLE "brokers"."trades" (
    "broker_account_id" TEXT NOT NULL,
    "trade_id" TEXT NOT NULL,
    "session_id" TEXT NOT NULL,
    "instrument_id" TEXT NOT NULL,
    "signed_qty" DECIMAL(28,9) NOT NULL,

    CONSTRAINT "trades_pkey" PRIMARY KEY ("broker_account_id","trade_id")
);

-- CreateTable
CREATE TABLE "brokers"."holders" (
    "id" UUID NOT NULL,
    "process" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "alive" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attrs_version" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "holders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "brokers"."heartbeats" (
    "holder_id" UUID NOT NULL,
    "beat_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "heartbeats_pkey" PRIMARY KEY ("holder_id")
);

-- CreateTable
CREATE TABLE "brokers"."ownership" (
    "unit" TEXT NOT NULL,
    "holder_id" UUID NOT NULL,

    CONSTRAINT "ownership_pkey" PRIMARY KEY ("unit")
);

-- CreateTable
CREATE TABLE "brokers"."journal" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "key" TEXT NOT NULL,
    "key_seq" BIGINT NOT NULL,
    "payload" BYTEA NOT NULL,
    "traceparent" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,

    CONSTRAINT "journal_pkey" PRIMARY KEY ("stream","seq")
);

-- CreateTable
CREATE TABLE "brokers"."watermarks" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "watermarks_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "brokers"."cursors" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "last_hash" BYTEA NOT NULL,

    CONSTRAINT "cursors_pkey" PRIMARY KEY ("reader","stream")
);

-- CreateTable
CREATE TABLE "brokers"."parked" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "from_seq" BIGINT NOT NULL,
    "error" TEXT NOT NULL,
    "parked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "parked_pkey" PRIMARY KEY ("reader","stream","key")
);

-- CreateTable
CREATE TABLE "instruments"."instruments" (
    "instrument_id" TEXT NOT NULL,
    "exchange" TEXT NOT NULL,
    "mic" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "isin" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "tick_size" DECIMAL(28,9) NOT NULL,
    "lot_size" DECIMAL(28,9) NOT NULL,
    "freeze_qty" DECIMAL(28,9),
    "currency" TEXT NOT NULL,
    "status" SMALLINT NOT NULL,
    "previous_close" DECIMAL(28,9) NOT NULL,
    "master_date" DATE NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,

    CONSTRAINT "instruments_pkey" PRIMARY KEY ("instrument_id")
);

-- CreateTable
CREATE TABLE "matching"."snapshots" (
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "version" INTEGER NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "snapshots_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "matching"."holders" (
    "id" UUID NOT NULL,
    "process" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "alive" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attrs_version" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "holders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "matching"."heartbeats" (
    "holder_id" UUID NOT NULL,
    "beat_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "heartbeats_pkey" PRIMARY KEY ("holder_id")
);

-- CreateTable
CREATE TABLE "matching"."ownership" (
    "unit" TEXT NOT NULL,
    "holder_id" UUID NOT NULL,

    CONSTRAINT "ownership_pkey" PRIMARY KEY ("unit")
);

-- CreateTable
CREATE TABLE "matching"."journal" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "key" TEXT NOT NULL,
    "key_seq" BIGINT NOT NULL,
    "payload" BYTEA NOT NULL,
    "traceparent" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,

    CONSTRAINT "journal_pkey" PRIMARY KEY ("stream","seq")
);

-- CreateTable
CREATE TABLE "matching"."watermarks" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "watermarks_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "matching"."cursors" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "last_hash" BYTEA NOT NULL,

    CONSTRAINT "cursors_pkey" PRIMARY KEY ("reader","stream")
);

-- CreateTable
CREATE TABLE "matching"."parked" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "from_seq" BIGINT NOT NULL,
    "error" TEXT NOT NULL,
    "parked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "parked_pkey" PRIMARY KEY ("reader","stream","key")
);

-- CreateTable
CREATE TABLE "orders"."accounts" (
    "account_id" TEXT NOT NULL,
    "risk_group_id" TEXT NOT NULL,
    "shard" SMALLINT NOT NULL,
    "state" TEXT NOT NULL,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("account_id")
);

-- CreateTable
CREATE TABLE "orders"."orders" (
    "order_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "shard" SMALLINT NOT NULL,
    "accepted_seq" BIGINT NOT NULL,
    "instrument_id" TEXT NOT NULL,
    "ord_status" SMALLINT NOT NULL,
    "is_final" BOOLEAN NOT NULL,
    "created_at_ms" BIGINT NOT NULL,
    "updated_at_ms" BIGINT NOT NULL,
    "state" TEXT NOT NULL,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "orders"."requests" (
    "account_id" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "requests_pkey" PRIMARY KEY ("account_id","scope","request_id")
);

-- CreateTable
CREATE TABLE "orders"."flushes" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "flushes_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "orders"."holders" (
    "id" UUID NOT NULL,
    "process" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "alive" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attrs_version" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "holders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "orders"."heartbeats" (
    "holder_id" UUID NOT NULL,
    "beat_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "heartbeats_pkey" PRIMARY KEY ("holder_id")
);

-- CreateTable
CREATE TABLE "orders"."ownership" (
    "unit" TEXT NOT NULL,
    "holder_id" UUID NOT NULL,

    CONSTRAINT "ownership_pkey" PRIMARY KEY ("unit")
);

-- CreateTable
CREATE TABLE "orders"."journal" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "key" TEXT NOT NULL,
    "key_seq" BIGINT NOT NULL,
    "payload" BYTEA NOT NULL,
    "traceparent" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,

    CONSTRAINT "journal_pkey" PRIMARY KEY ("stream","seq")
);

-- CreateTable
CREATE TABLE "orders"."watermarks" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "watermarks_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "orders"."cursors" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "last_hash" BYTEA NOT NULL,

    CONSTRAINT "cursors_pkey" PRIMARY KEY ("reader","stream")
);

-- CreateTable
CREATE TABLE "orders"."parked" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "from_seq" BIGINT NOT NULL,
    "error" TEXT NOT NULL,
    "parked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "parked_pkey" PRIMARY KEY ("reader","stream","key")
);

-- CreateTable
CREATE TABLE "platform"."environment" (
    "singleton" BOOLEAN NOT NULL DEFAULT true,
    "environment" TEXT NOT NULL,
    "stamped_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "grants_checksum" TEXT NOT NULL,

    CONSTRAINT "environment_pkey" PRIMARY KEY ("singleton")
);

-- CreateTable
CREATE TABLE "positions"."accounts" (
    "account_id" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "account_seq" BIGINT NOT NULL,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("account_id")
);

-- CreateTable
CREATE TABLE "positions"."positions" (
    "account_id" TEXT NOT NULL,
    "broker_account_id" TEXT NOT NULL,
    "instrument_id" TEXT NOT NULL,
    "product" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "net_qty" DECIMAL(28,9) NOT NULL,
    "open_notional" DECIMAL(56,18) NOT NULL,
    "bought_qty" DECIMAL(28,9) NOT NULL,
    "sold_qty" DECIMAL(28,9) NOT NULL,
    "bought_notional" DECIMAL(56,18) NOT NULL,
    "sold_notional" DECIMAL(56,18) NOT NULL,
    "account_seq" BIGINT NOT NULL,

    CONSTRAINT "positions_pkey" PRIMARY KEY ("account_id","broker_account_id","instrument_id","product")
);

-- CreateTable
CREATE TABLE "positions"."trades" (
    "broker_account_id" TEXT NOT NULL,
    "trade_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "account_seq" BIGINT NOT NULL,
    "content" TEXT NOT NULL,

    CONSTRAINT "trades_pkey" PRIMARY KEY ("broker_account_id","trade_id")
);

-- CreateTable
CREATE TABLE "positions"."cash" (
    "account_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "balance" DECIMAL(28,9) NOT NULL,

    CONSTRAINT "cash_pkey" PRIMARY KEY ("account_id","currency")
);

-- CreateTable
CREATE TABLE "positions"."ledger" (
    "account_id" TEXT NOT NULL,
    "account_seq" BIGINT NOT NULL,
    "line" SMALLINT NOT NULL,
    "book" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount" DECIMAL(28,9) NOT NULL,
    "text" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,
    "ref" TEXT NOT NULL,

    CONSTRAINT "ledger_pkey" PRIMARY KEY ("account_id","account_seq","line")
);

-- CreateTable
CREATE TABLE "positions"."journal" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "key" TEXT NOT NULL,
    "payload" BYTEA NOT NULL,
    "traceparent" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,

    CONSTRAINT "journal_pkey" PRIMARY KEY ("stream","seq")
);

-- CreateTable
CREATE TABLE "positions"."watermarks" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "watermarks_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "positions"."cursors" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "last_hash" BYTEA NOT NULL,

    CONSTRAINT "cursors_pkey" PRIMARY KEY ("reader","stream")
);

-- CreateTable
CREATE TABLE "positions"."parked" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "from_seq" BIGINT NOT NULL,
    "error" TEXT NOT NULL,
    "parked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_pkey" PRIMARY KEY ("reader","stream","key")
);

-- CreateTable
CREATE TABLE "risk"."snapshots" (
    "shard" SMALLINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "payload" BYTEA NOT NULL,

    CONSTRAINT "snapshots_pkey" PRIMARY KEY ("shard")
);

-- CreateTable
CREATE TABLE "risk"."holders" (
    "id" UUID NOT NULL,
    "process" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "alive" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    "attrs_version" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "holders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "risk"."heartbeats" (
    "holder_id" UUID NOT NULL,
    "beat_at" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "heartbeats_pkey" PRIMARY KEY ("holder_id")
);

-- CreateTable
CREATE TABLE "risk"."ownership" (
    "unit" TEXT NOT NULL,
    "holder_id" UUID NOT NULL,

    CONSTRAINT "ownership_pkey" PRIMARY KEY ("unit")
);

-- CreateTable
CREATE TABLE "risk"."journal" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "key" TEXT NOT NULL,
    "key_seq" BIGINT NOT NULL,
    "payload" BYTEA NOT NULL,
    "traceparent" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,

    CONSTRAINT "journal_pkey" PRIMARY KEY ("stream","seq")
);

-- CreateTable
CREATE TABLE "risk"."watermarks" (
    "stream" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "watermarks_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "risk"."cursors" (
    "reader" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "last_hash" BYTEA NOT NULL,

    CONSTRAINT "cursors_pkey" PRIMARY KEY ("reader","stream")
);

-- CreateIndex
CREATE UNIQUE INDEX "requests_tag_key" ON "brokers"."requests"("tag");

-- CreateIndex
CREATE INDEX "requests_order_id_idx" ON "brokers"."requests"("order_id");

-- CreateIndex
CREATE INDEX "requests_session_id_state_idx" ON "brokers"."requests"("session_id", "state");

-- CreateIndex
CREATE INDEX "trades_broker_account_id_instrument_id_idx" ON "brokers"."trades"("broker_account_id", "instrument_id");

-- CreateIndex
CREATE INDEX "journal_stream_key_seq_idx" ON "brokers"."journal"("stream", "key", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "instruments_mic_isin_series_key" ON "instruments"."instruments"("mic", "isin", "series");

-- CreateIndex
CREATE INDEX "journal_stream_key_seq_idx" ON "matching"."journal"("stream", "key", "seq");

-- CreateIndex
CREATE INDEX "accounts_shard_idx" ON "orders"."accounts"("shard");

-- CreateIndex
CREATE INDEX "orders_account_id_accepted_seq_idx" ON "orders"."orders"("account_id", "accepted_seq");

-- CreateIndex
CREATE INDEX "orders_shard_is_final_idx" ON "orders"."orders"("shard", "is_final");

-- CreateIndex
CREATE INDEX "journal_stream_key_seq_idx" ON "orders"."journal"("stream", "key", "seq");

-- CreateIndex
CREATE INDEX "journal_stream_key_seq_idx" ON "risk"."journal"("stream", "key", "seq");
