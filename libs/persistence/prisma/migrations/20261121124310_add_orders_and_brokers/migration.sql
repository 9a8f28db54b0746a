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

-- CreateIndex
CREATE INDEX "journal_stream_key_seq_idx" ON "brokers"."journal"("stream", "key", "seq");

-- CreateIndex
CREATE INDEX "journal_stream_key_seq_idx" ON "orders"."journal"("stream", "key", "seq");
