import { Refusal } from '../refusals.ts'
import {
  type Command,
  CommandError,
  columns,
  flag,
  getUser,
  modules,
  onUser,
  show,
  tenantOfName,
  text,
  type Values,
  withStore,
} from './command.ts'

const load = () => modules('directory', 'passkeys', 'registration', 'store')

/** Lists the passkeys of a user, or takes one off the record. */
async function passkeysOf({ json, remove: id }: Values, userPrincipalName: string) {
  return typeof id === 'string' ? removePasskey(json, userPrincipalName, id) : listPasskeys(json, userPrincipalName)
}

async function removePasskey(json: Values[string], userPrincipalName: string, id: string) {
  const on = await load()
  await onUser(on, userPrincipalName, async (trx, act, user) =>
    on.registration.removePasskeyOf(trx, act, user, id).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'not_found')
        throw new CommandError(`${user.userPrincipalName} has no passkey ${id}.`)
      throw error
    }),
  )
  show(json, { id }, () => [
    `The passkey of ${userPrincipalName} was removed. Sessions that it opened go on; latchkey users revoke-sessions ends them.`,
  ])
}

async function listPasskeys(json: Values[string], userPrincipalName: string) {
  const on = await load()
  const { registration, passkeys } = on
  const list = await withStore(async db => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    return on.store.inTenant(db, tenantId, async trx =>
      passkeys.listPasskeys(trx, registration.ownerOfPasskeys(await getUser(on, trx, userPrincipalName))),
    )
  })
  const day = (at: Date) => at.toISOString().slice(0, 10)
  const told = list.map(({ id, name, aaguid, synced, createdAt, lastUsedAt }) => ({
    id,
    displayName: name ?? passkeys.modelOf(aaguid) ?? null,
    synced,
    createdAt,
    lastUsedAt,
  }))
  show(json, told, () =>
    columns(
      told.map(({ id, displayName, synced, createdAt, lastUsedAt }) => [
        id,
        displayName ?? '',
        synced ? 'synced' : 'on one device',
        `made ${day(createdAt)}`,
        lastUsedAt ? `used ${day(lastUsedAt)}` : 'not used yet',
      ]),
    ),
  )
}

export const passkeyCommands = {
  passkeys: {
    usage: 'UPN [--remove ID] [--json]',
    about: 'list the passkeys of a user, or take one that was lost off the record, and tell them',
    options: { remove: text, json: flag },
    takes: ['UPN'],
    run: passkeysOf,
  },
} satisfies Record<string, Command>
