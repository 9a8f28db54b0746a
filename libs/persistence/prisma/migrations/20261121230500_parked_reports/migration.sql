-- AlterTable
ALTER TABLE "orders"."parked" DROP CONSTRAINT "parked_pkey",
ADD COLUMN     "payload" BYTEA,
ADD CONSTRAINT "parked_pkey" PRIMARY KEY ("reader", "stream", "key", "from_seq");
