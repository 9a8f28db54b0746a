-- The schema of every noun, also of those whose tables come later: the roles' rights name them all.
CREATE SCHEMA IF NOT EXISTS "brokers";
CREATE SCHEMA IF NOT EXISTS "instruments";
CREATE SCHEMA IF NOT EXISTS "marketdata";
CREATE SCHEMA IF NOT EXISTS "matching";
CREATE SCHEMA IF NOT EXISTS "orders";
CREATE SCHEMA IF NOT EXISTS "platform";
CREATE SCHEMA IF NOT EXISTS "positions";
CREATE SCHEMA IF NOT EXISTS "risk";

-- CreateTable
CREATE TABLE "platform"."environment" (
    "singleton" BOOLEAN NOT NULL DEFAULT true,
    "environment" TEXT NOT NULL,
    "stamped_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "grants_checksum" TEXT NOT NULL,

    CONSTRAINT "environment_pkey" PRIMARY KEY ("singleton")
);
