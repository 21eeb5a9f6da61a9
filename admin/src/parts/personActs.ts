import { api, dataOf } from '../api/client.ts'
import { saveFile } from './csv.ts'

interface Target {
  accountEnabled?: boolean
  passwordMasteredIn?: string
}

interface PersonAct {
  /** The action of the server's table that it takes. */
  action: string
  /** For whom it makes sense; undefined: for everyone. */
  fits?: (user: Target) => boolean
  /** Does it. What it gives back is a secret, to be shown once. `callerCheckId`: how the agent knows that it is them. */
  act: (id: string, callerCheckId?: string) => Promise<string | undefined>
  /** Undoes it, where nobody else has changed the person since `etag`. */
  undo?: (id: string, etag: string | undefined) => Promise<unknown>
  /** The person is no longer in the list after it. */
  leaves?: true
}

/** Graph's id of everybody's password as a method. */
const PASSWORD = '28c10230-6103-485e-b985-444c60001490'

const path = (id: string) => ({ params: { path: { id } } })
const done = () => undefined
const turn = (id: string, accountEnabled: boolean, etag?: string) =>
  api
    .PATCH('/users/{id}', { ...path(id), body: { accountEnabled }, ...(etag && { headers: { 'if-match': etag } }) })
    .then(done)

/** What an administrator does to a person, in the order in which it is offered. */
export const acts = {
  temporaryPassword: {
    action: 'passwords.reset',
    fits: ({ passwordMasteredIn }) => passwordMasteredIn === undefined || passwordMasteredIn === 'cloud',
    act: async (id, callerCheckId) => {
      const body = callerCheckId === undefined ? {} : { callerCheckId }
      const given = await dataOf(
        api.POST(`/users/{id}/authentication/methods/${PASSWORD}/resetPassword`, { ...path(id), body }),
      )
      return (given as { newPassword?: string }).newPassword
    },
  },
  accessPass: {
    action: 'passes.issue',
    act: async (id, callerCheckId) => {
      const body = callerCheckId === undefined ? {} : { callerCheckId }
      const { data } = await api.POST('/users/{id}/authentication/temporaryAccessPassMethods', { ...path(id), body })
      return (data as unknown as { temporaryAccessPass: string | null }).temporaryAccessPass ?? undefined
    },
  },
  resetLink: {
    action: 'passwords.reset',
    act: id => api.POST('/users/{id}/authentication/resetLink', { ...path(id), body: { kind: 'email' } }).then(done),
  },
  unblock: {
    action: 'blocks.lift',
    act: id => api.POST('/users/{id}/authentication/unblock', { ...path(id), body: {} }).then(done),
  },
  requireRegistration: {
    action: 'blocks.lift',
    act: id =>
      api
        .POST('/users/{id}/authentication/requireRegistration', { ...path(id), body: { keepMethods: true } })
        .then(done),
  },
  signOut: {
    action: 'sessions.revoke',
    act: id => api.POST('/users/{id}/revokeSignInSessions', path(id)).then(done),
  },
  exportData: {
    action: 'personalData.read',
    act: async id => {
      const given = await dataOf(api.POST('/users/{id}/exportPersonalData', { ...path(id), body: {} }))
      const { text, data } = given as { text: string; data: Record<string, { user_principal_name?: string }[]> }
      saveFile(`${data.accounts?.[0]?.user_principal_name ?? id}.txt`, text, 'text/plain')
      return undefined
    },
  },
  turnOff: {
    action: 'users.enable',
    fits: ({ accountEnabled }) => accountEnabled !== false,
    act: id => turn(id, false),
    undo: (id, etag) => turn(id, true, etag),
  },
  turnOn: {
    action: 'users.enable',
    fits: ({ accountEnabled }) => accountEnabled === false,
    act: id => turn(id, true),
    undo: (id, etag) => turn(id, false, etag),
  },
  remove: {
    action: 'users.delete',
    act: id => api.DELETE('/users/{id}', path(id)).then(done),
    undo: id => api.POST('/directory/deletedItems/{id}/restore', { ...path(id), body: {} }),
    leaves: true,
  },
} satisfies Record<string, PersonAct> as Record<ActName, PersonAct>

export type ActName =
  | 'temporaryPassword'
  | 'accessPass'
  | 'resetLink'
  | 'unblock'
  | 'requireRegistration'
  | 'signOut'
  | 'exportData'
  | 'turnOff'
  | 'turnOn'
  | 'remove'

/** The acts that give a secret. After an approval link it appears on the person's own page, and on no agent's. */
export const secretActs = ['temporaryPassword', 'accessPass'] as const
export const isSecretAct = (name: ActName): name is (typeof secretActs)[number] => secretActs.some(one => one === name)
