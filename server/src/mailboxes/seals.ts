import type { SealedColumn } from '../store/index.ts'

/** What a job seals anew. */
export const mailboxSeals: SealedColumn[] = [
  { table: 'mailbox_challenges', column: 'address_sealed', key: ['id'], purpose: 'mailbox' },
  { table: 'mailbox_challenges', column: 'code_sealed', key: ['id'], purpose: 'mailbox-code' },
  { table: 'mailbox_challenges', column: 'stop_sealed', key: ['id'], purpose: 'mailbox-link' },
]
