// What firms and companies have said to each other, kept by hand a second time, and what follows from it by the contract
// (partners on the wire, §1, §3, §6). Nothing here asks the product.

import type { Role } from '../access/index.ts'
import { DAY, MINUTE } from '../clock.ts'

/** The roles that are given, and what each opens of what is tried. */
const opened = {
  read: ['Directory Readers', 'Global Reader', 'Global Administrator'],
  reset: ['Helpdesk Administrator', 'User Administrator', 'Global Administrator'],
  write: ['Directory Writers', 'Global Administrator'],
  // Some of a person's properties: who is asked for is then looked for before what of them.
  change: ['Directory Writers', 'Helpdesk Administrator', 'User Administrator', 'Global Administrator'],
  policies: ['Global Reader', 'Global Administrator'],
  log: ['Global Reader', 'Reports Reader', 'Global Administrator'],
  preview: ['Global Reader', 'Helpdesk Administrator', 'User Administrator', 'Global Administrator'],
} as const satisfies Record<string, readonly Role[]>
export type Right = keyof typeof opened

export const givenRoles = [
  'Directory Readers',
  'Helpdesk Administrator',
  'User Administrator',
  'Global Reader',
  'Directory Writers',
  'Reports Reader',
  'Global Administrator',
] as const satisfies readonly Role[]

/** The groups of each firm: two by name, of which the second may stand in the first, and two of agents. */
export const groupNames = ['care', 'night', 'agents', 'helpers'] as const
export type GroupName = (typeof groupNames)[number]

/** A tenant. `members`, `disabled`: people by the first part of their names. */
export interface Company {
  id: string
  domain: string
  /** Of a firm. */
  kind: 'indirectProvider' | 'indirectReseller' | undefined
  /** The people's ids, by the first part of their names. */
  people: Map<string, string>
  groups: Map<GroupName, string>
  members: Map<GroupName, Set<string>>
  nested: boolean
  disabled: Set<string>
  /** Suspended for abuse. */
  barred: boolean
  /** What the person of a company has as their department, and how often they were given a password and sent a link. */
  department: string | null
  given: number
  linked: number
}

export interface Grant {
  id: string
  roles: Role[]
  assigned: Map<GroupName, Role[]>
  endsAt: number
  autoExtend: boolean
  usedAt: number
}

/** What a company has with a firm. */
export interface Link {
  firm: Company
  customer: Company
  grants: Grant[]
  dap: { endsAt: number; usedAt: number } | undefined
  sold: boolean
  provided: boolean
  /** When each of the firm's people was last noted to act. */
  noted: Map<string, number>
}

const SLEEPS_AFTER = 60 * DAY
const EXTENSION = 180 * DAY

const isIn = (firm: Company, person: string, group: GroupName) =>
  firm.members.get(group)!.has(person) || (group === 'care' && firm.nested && firm.members.get('night')!.has(person))

/** When a grant ends, where an extension is due too. */
const endOf = ({ endsAt, autoExtend, usedAt }: Grant, now: number) =>
  endsAt <= now && autoExtend && usedAt > endsAt - 90 * DAY ? endsAt + EXTENSION : endsAt

export const isActive = (grant: Grant, now: number) => endOf(grant, now) > now

/** The grants of a link that stand. */
export const standing = ({ grants }: Link, now: number) => grants.filter(grant => isActive(grant, now))

/** Whether a delegation stands, awake or not. */
export const hasDap = ({ dap }: Link, now: number) => dap !== undefined && dap.endsAt > now

/** What a person may do for a customer; undefined where nothing. */
export function authorityOf(link: Link, person: string, now: number) {
  const { firm } = link
  if (firm.barred) return undefined
  const reached = standing(link, now).flatMap(grant => {
    const roles = [...grant.assigned].flatMap(([group, some]) => (isIn(firm, person, group) ? some : []))
    const within = roles.filter(role => grant.roles.includes(role))
    return within.length > 0 ? [{ grant, roles: within }] : []
  })
  if (reached.length > 0)
    return { by: reached.map(one => one.grant), roles: new Set(reached.flatMap(one => one.roles)) }
  if (!isAwake(link, now)) return undefined
  const role: Role | undefined = isIn(firm, person, 'agents')
    ? 'Global Administrator'
    : isIn(firm, person, 'helpers')
      ? 'Helpdesk Administrator'
      : undefined
  return role && { by: [], roles: new Set([role]) }
}

export const opens = (roles: ReadonlySet<Role>, right: Right) =>
  (opened[right] as readonly Role[]).some(role => roles.has(role))

/** A person has asked something in the customer's tenant: at most each ten minutes that is written down. */
export function use(link: Link, person: string, now: number): void {
  const found = authorityOf(link, person, now)
  if (!found || now - (link.noted.get(person) ?? Number.NEGATIVE_INFINITY) < 10 * MINUTE) return
  link.noted.set(person, now)
  for (const grant of found.by) grant.usedAt = now
  if (found.by.length === 0) link.dap!.usedAt = now
}

/** Whether a delegation stands and is awake. */
const isAwake = ({ dap }: Link, now: number) => dap !== undefined && dap.endsAt > now && dap.usedAt + SLEEPS_AFTER > now

/** The roles of which each lets a firm give a person without a role a new password. */
const rescuing: readonly Role[] = ['User Administrator', 'Global Administrator']

/** Whether a company lets a firm rescue its person, whoever of the firm may. */
export const mayRescue = (link: Link, now: number): boolean =>
  !link.firm.barred &&
  (isAwake(link, now) || standing(link, now).some(({ roles }) => roles.some(role => rescuing.includes(role))))

/** What an agent or another person of a firm is answered who takes a rescue that is open. */
export function takes(link: Link, person: string, now: number): string {
  if (!link.firm.members.get('agents')!.has(person)) return '403 forbidden'
  if (!mayRescue(link, now)) return '404'
  return rescuing.some(role => authorityOf(link, person, now)?.roles.has(role)) ? 'done' : '403 role_missing'
}

/** A grant was written anew: an extension that its time has brought stays. */
export function rewrite(grant: Grant, now: number, changed: Partial<Pick<Grant, 'roles' | 'autoExtend'>>): void {
  Object.assign(grant, { endsAt: endOf(grant, now), ...changed })
}

/** The job has come: what is over is over, and what was to be extended has its new end. */
export function moveDue(link: Link, now: number): void {
  link.grants = standing(link, now)
  for (const grant of link.grants) grant.endsAt = endOf(grant, now)
}
