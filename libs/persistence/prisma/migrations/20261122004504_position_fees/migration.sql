-- AlterTable
ALTER TABLE "positions"."positions" ADD COLUMN     "fees" DECIMAL(28,9) NOT NULL DEFAULT 0;
