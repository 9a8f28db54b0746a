-- DropTable
DROP TABLE "matching"."snapshots";
