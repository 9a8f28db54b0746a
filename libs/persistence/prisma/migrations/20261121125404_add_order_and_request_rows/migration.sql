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
CREATE INDEX "accounts_shard_idx" ON "orders"."accounts"("shard");

-- CreateIndex
CREATE INDEX "orders_account_id_accepted_seq_idx" ON "orders"."orders"("account_id", "accepted_seq");

-- CreateIndex
CREATE INDEX "orders_shard_is_final_idx" ON "orders"."orders"("shard", "is_final");
