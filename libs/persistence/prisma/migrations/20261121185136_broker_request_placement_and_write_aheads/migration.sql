-- AlterTable
ALTER TABLE "brokers"."requests" ADD COLUMN     "placement_id" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "write_aheads" SMALLINT NOT NULL DEFAULT 1;
