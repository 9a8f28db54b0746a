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
CREATE INDEX "journal_stream_key_seq_idx" ON "risk"."journal"("stream", "key", "seq");
