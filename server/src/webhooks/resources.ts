import type { Action } from '../access/index.ts'
import type { Change, Collection, Feed } from '../audit/index.ts'
import { refuseProgram } from './errors.ts'

interface Kind {
  collection: Collection
  /** The right to read it, which its subscribers need. */
  action: Action
  changes: readonly Change[]
  /** How notifications write one object of it, and its type in Microsoft Graph. */
  path: string
  type: string
}

const CHANGES = ['created', 'updated', 'deleted'] as const
const LOGGED = ['created'] as const

const users: Kind = {
  collection: 'users',
  action: 'profile.read',
  changes: CHANGES,
  path: 'users',
  type: '#microsoft.graph.user',
}
const groups: Kind = {
  collection: 'groups',
  action: 'groups.read',
  changes: CHANGES,
  path: 'groups',
  type: '#microsoft.graph.group',
}
const members: Kind = {
  ...groups,
  collection: 'members',
  path: 'directoryObjects',
  type: '#microsoft.graph.directoryObject',
}

/** What can be subscribed to (administration on the wire, §2.8). `named`: of one object, whose id follows the name. */
const KINDS: readonly { pattern: RegExp; kind: Kind }[] = [
  { pattern: /^\/?users$/, kind: users },
  { pattern: /^\/?users\/([^/]+)$/, kind: users },
  { pattern: /^\/?groups$/, kind: groups },
  { pattern: /^\/?groups\/([^/]+)$/, kind: groups },
  { pattern: /^\/?groups\/([^/]+)\/members$/, kind: members },
  { pattern: /^\/?auditLogs\/directoryAudits$/, kind: logOf('directoryAudits', 'directoryAudit') },
  { pattern: /^\/?auditLogs\/signIns$/, kind: logOf('signIns', 'signIn') },
  {
    pattern: /^\/?reset\/journeys$/,
    kind: {
      collection: 'journeys',
      action: 'journeys.read',
      changes: LOGGED,
      path: 'reset/journeys',
      type: '#latchkey.journey',
    },
  },
]

function logOf(collection: Collection, type: string): Kind {
  return {
    collection,
    action: 'audit.read',
    changes: LOGGED,
    path: `auditLogs/${collection}`,
    type: `#microsoft.graph.${type}`,
  }
}

/** A resource, and the name or id of its object where it is about one. Throws `property_invalid`. */
export function readResource(resource: string): { kind: Kind; object: string | undefined } {
  for (const { pattern, kind } of KINDS) {
    const found = pattern.exec(resource)
    if (found) return { kind, object: found[1] }
  }
  throw refuseProgram('property_invalid', { field: 'resource' })
}

/** The changes of a list as in `created,updated`, as feeds of the audit log. Throws `property_invalid`. */
export function readFeeds({ collection, changes }: Kind, changeType: string): Feed[] {
  const asked = changeType.split(',').map(one => one.trim())
  const found = changes.filter(change => asked.includes(change))
  if (found.length !== asked.length) throw refuseProgram('property_invalid', { field: 'changeType' })
  return found.map(change => `${collection}.${change}` as const)
}

/** The rights of which each opens something to subscribe to. */
export const readActions: readonly Action[] = [...new Set(KINDS.map(({ kind }) => kind.action))]

/** The collections that these rights open. */
export const collectionsOf = (may: (action: Action) => boolean): Collection[] => [
  ...new Set(KINDS.filter(({ kind }) => may(kind.action)).map(({ kind }) => kind.collection)),
]
