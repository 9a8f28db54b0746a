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

-- CreateIndex
CREATE UNIQUE INDEX "requests_tag_key" ON "brokers"."requests"("tag");

-- CreateIndex
CREATE INDEX "requests_order_id_idx" ON "brokers"."requests"("order_id");

-- CreateIndex
CREATE INDEX "requests_session_id_state_idx" ON "brokers"."requests"("session_id", "state");

-- CreateIndex
CREATE INDEX "trades_broker_account_id_instrument_id_idx" ON "brokers"."trades"("broker_account_id", "instrument_id");

-- CreateIndex
CREATE INDEX "journal_stream_key_seq_idx" ON "matching"."journal"("stream", "key", "seq");

-- CreateIndex
CREATE INDEX "accounts_shard_idx" ON "orders"."accounts"("shard");

-- CreateIndex
CREATE INDEX "orders_account_id_accepted_seq_idx" ON "orders"."orders"("account_id", "accepted_seq");

-- CreateIndex
CREATE INDEX "orders_shard_is_final_idx" ON "orders"."orders"("shard", "is_final");
