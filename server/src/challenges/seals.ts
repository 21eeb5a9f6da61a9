import type { SealedColumn } from '../store/index.ts'

/** What a job seals anew. */
export const challengeSeals: SealedColumn[] = [
  { table: 'challenges', column: 'destination_sealed', key: ['id'], purpose: 'challenge' },
  { table: 'challenges', column: 'code_sealed', key: ['id'], purpose: 'code' },
  { table: 'challenges', column: 'spoken_sealed', key: ['id'], purpose: 'code' },
]
