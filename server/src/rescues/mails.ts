import type { Act } from '../act.ts'
import type { Case } from '../cases/index.ts'
import type { Means } from '../crypto/index.ts'
import { findUser, getTenant, NOBODYS_TENANT, rankedUsers } from '../directory/index.ts'
import { issueRescueLink } from '../links/index.ts'
import { findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { queueNotices, type RescueNews, type RescueVariables } from '../notifications/index.ts'
import { findAgents } from '../partners/index.ts'
import { readAgreement } from '../relationships/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { within } from './events.ts'
import { caseOf, type Found, findRescue } from './queries.ts'
import type { Rescue } from './rescue.ts'
import { formerObjectors } from './undo.ts'

interface News {
  rescue: Rescue
  one: Omit<Case, 'challenge'>
  news: RescueNews
  until: Date
}

async function variablesOf(company: Trx, { rescue, one, news, until }: News): Promise<Omit<RescueVariables, 'to'>> {
  const { tenantId, act, target, provider, taker, approver } = rescue
  const organization = tenantId === NOBODYS_TENANT ? one.domain : (await getTenant(company, tenantId)).displayName
  return {
    ...{ organization, news, act, asker: one.address, number: one.number, until: until.toISOString() },
    ...{ target: target ?? '', provider: provider?.name ?? '' },
    people: [taker, approver].flatMap(person => (person ? [person.name] : [])).join(', '),
  }
}

/** Mails who asks where they stand, with a new link. Such mails are never off. */
export async function mailAsker(company: Trx, act: Act, told: News): Promise<void> {
  const { rescue, one } = told
  const secret = await issueRescueLink(company, act, rescue.id, 'asker')
  const variables = { ...(await variablesOf(company, told)), to: 'asker' as const }
  await queueNotices(company, within(act, rescue), [
    { to: one.address, language: one.language, secret, template: 'rescue', variables },
  ])
}

/** Mails everybody who could object, each with a link of their own, and the firm's Admin agents. Such mails are never off. */
export async function tellOfRescue(
  db: Db,
  act: Act,
  { tenantId, rescueId, news, until }: GraphileWorker.Tasks['tell-of-rescue'],
): Promise<void> {
  const told = await inTenant(db, tenantId, async company => {
    const found = await findRescue(company, act, rescueId)
    if (!found) return undefined
    const one = await caseOf(company, act, found.rescue)
    const all = { rescue: found.rescue, one, news, until: new Date(until) }
    // What no firm has ever taken concerns nobody else. Of the end they were told when it was finished.
    if (found.row.checked !== null && news !== 'settling')
      await tellCompany(company, act, { ...all, former: formerObjectors(found.row) })
    return { found, variables: await variablesOf(company, all) }
  })
  if (!told) return
  const { row, rescue } = told.found
  for (const firmId of rescue.provider ? [rescue.provider.id] : row.candidates)
    await inTenant(db, firmId, firm => tellFirm(firm, act, rescue, told.variables))
}

/** Mails those of the company who could object. `former`: people who could when it was finished. */
export async function tellCompany(company: Trx, act: Act, all: News & { former: string[] }): Promise<void> {
  const { rescue } = all
  const { tenantId } = company
  const { preferredLanguage } = await getTenant(company, tenantId)
  const variables = await variablesOf(company, all)
  const queue = (to: string, language: string, secret: string) =>
    queueNotices(company, within(act, rescue), [
      { to, language, secret, template: 'rescue', variables: { ...variables, to: 'told' } },
    ])
  const heard = new Set<string>()
  for (const id of new Set([...(await findObjectors(company, rescue)), ...all.former])) {
    const user = await findUser(company, tenantId, id)
    if (!user?.accountEnabled) continue
    const secret = await issueRescueLink(company, act, rescue.id, { userId: id })
    for (const to of await findNoticeAddresses(company, act, user, await askOne(company, methodsOf(act, user)))) {
      heard.add(keyOf(to))
      await queue(to, user.preferredLanguage ?? preferredLanguage, secret)
    }
  }
  for (const to of await findToldMailboxes(company, act)) {
    if (heard.has(keyOf(to))) continue
    heard.add(keyOf(to))
    const mailboxHash = act.keys.mac('mailbox', keyOf(to))
    await queue(to, preferredLanguage, await issueRescueLink(company, act, rescue.id, { mailboxHash }))
  }
}

/** The people of the company who can object: its administrators, and who gets the password. */
export async function findObjectors(company: Trx, { act, targetId }: Rescue): Promise<string[]> {
  const administrators = (await rankedUsers(company)).filter(({ roles }) => roles.length > 0).map(({ id }) => id)
  const target = act === 'newPassword' && targetId !== null ? [targetId] : []
  return [...new Set([...administrators, ...target])]
}

/** Mailboxes of nobody in the directory, as they are told now: those of the agreement, and the technical contacts. */
export async function findToldMailboxes(company: Trx, means: Means): Promise<string[]> {
  const { terms } = await readAgreement(company, means)
  const { contacts } = await company
    .selectFrom('tenants')
    .select('technical_notification_mails as contacts')
    .where('tenant_id', '=', company.tenantId)
    .executeTakeFirstOrThrow()
  return [...terms.tell, ...contacts]
}

/** A mailbox, however its address is written. */
export function keyOf(address: string): string {
  const { mailbox, domain } = mailboxOf(address)
  return `${mailbox}@${domain}`
}

async function tellFirm(firm: Trx, act: Act, rescue: Found['rescue'], variables: Omit<RescueVariables, 'to'>) {
  const { preferredLanguage } = await getTenant(firm, firm.tenantId)
  const agents = await findAgents(firm)
  await queueNotices(
    firm,
    within(act, rescue),
    agents.map(({ mail, preferredLanguage: own }) => ({
      ...{ to: mail, language: own ?? preferredLanguage, template: 'rescue_firm' as const },
      variables: { ...variables, to: 'firm' as const },
    })),
  )
}
