-- CreateTable
CREATE TABLE "orders"."claims" (
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "risk_group_id" TEXT NOT NULL,

    CONSTRAINT "claims_pkey" PRIMARY KEY ("kind","id")
);

-- What is there already: every account is its risk group's, and every broker account belongs to the group that routed to it first by name.
INSERT INTO "orders"."claims" ("kind", "id", "risk_group_id")
SELECT 'account', account_id, risk_group_id FROM "orders"."accounts";

INSERT INTO "orders"."claims" ("kind", "id", "risk_group_id")
SELECT DISTINCT ON (route ->> 'brokerAccountId') 'brokerAccount', route ->> 'brokerAccountId', risk_group_id
FROM "orders"."accounts", json_array_elements(state::json -> 'routes') AS route
ORDER BY route ->> 'brokerAccountId', account_id;
