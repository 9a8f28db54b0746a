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

-- CreateIndex
CREATE UNIQUE INDEX "instruments_mic_isin_series_key" ON "instruments"."instruments"("mic", "isin", "series");
