import type { Act } from '../act.ts'
import { type CaseVariables, queueNotices } from '../notifications/index.ts'
import type { Trx } from '../store/index.ts'
import type { Case } from './case.ts'
import { issueCaseLink } from './links.ts'

/** Mails the one who opened a case its number and a new link: never anything that was typed. Such mails are never off. */
export async function mailAsker(
  trx: Trx,
  act: Act,
  { id, number, address, language }: Pick<Case, 'id' | 'number' | 'address' | 'language'>,
  news: CaseVariables['news'],
): Promise<void> {
  const secret = await issueCaseLink(trx, act, id, 'asker')
  const mail = { template: 'case', variables: { number, news } } as const
  await queueNotices(trx, { ...act, trail: { ...act.trail, correlationId: id } }, [
    { to: address, language, secret, ...mail },
  ])
}
