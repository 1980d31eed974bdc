import { describeAuditLogContract } from './audit-log-contract.ts';
import { describeEgressLedgerContract } from './egress-ledger-contract.ts';
import { createMemoryAuditLog } from './fake-audit-log.ts';
import { createMemoryEgressLedger } from './fake-egress-ledger.ts';

describeEgressLedgerContract('memory', async () => createMemoryEgressLedger());
describeAuditLogContract('memory', async () => createMemoryAuditLog());
