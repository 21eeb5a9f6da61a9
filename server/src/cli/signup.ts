import { readSignup, readTenantSuffix } from '../config.ts'
import {
  CommandError,
  type CommandGroup,
  flag,
  modules,
  show,
  text,
  UsageError,
  type Values,
  withAct,
} from './command.ts'

async function invite({ json, language = 'en' }: Values, address: string) {
  const on = await modules('signup', 'words')
  const chosen = on.words.languages.find(one => one === language)
  if (!chosen) throw new UsageError(`--language is one of ${on.words.languages.join(', ')}.`)
  const suffix = readTenantSuffix(process.env)
  const made = await withAct((db, act) => on.signup.inviteSignup(db, act, { address, language: chosen, suffix }))
  if (!made.isMailed)
    throw new CommandError(`Nothing was sent: who reads ${made.address} has stopped such mails for 90 days.`)
  const { open } = readSignup(process.env, 'closed', suffix ?? 'any.example')
  show(json, { address: made.address, expiresAt: made.expiresAt.toISOString() }, () => [
    `${made.address} is mailed a link, which works once until ${made.expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    ...(open === 'closed' ? ['It works while the server runs with LATCHKEY_SIGNUP=invitation, or open.'] : []),
  ])
}

async function revoke({ json }: Values, address: string) {
  const on = await modules('signup')
  const suffix = readTenantSuffix(process.env)
  const revoked = await withAct((db, act) => on.signup.revokeSignupInvitation(db, act, { address, suffix }))
  if (!revoked) throw new CommandError(`No invitation of ${address} is open.`)
  show(json, { address }, () => ['The invitation works no more.'])
}

export const signupCommands: CommandGroup = {
  about: 'companies that sign themselves up; where LATCHKEY_SIGNUP is invitation, only who was invited.',
  commands: {
    invite: {
      usage: 'ADDRESS [--language en|fr|ja] [--json]',
      about: 'mail an invitation to a mailbox of the company; it works for 72 hours, and voids an older one',
      options: { language: text, json: flag },
      takes: ['ADDRESS'],
      run: invite,
    },
    revoke: {
      usage: 'ADDRESS [--json]',
      about: 'take an invitation back that made no tenant yet',
      options: { json: flag },
      takes: ['ADDRESS'],
      run: revoke,
    },
  },
  examples: [
    ['Invite somebody to sign their company up', 'signup invite ann.lee@contoso.example --language fr'],
    ['Take it back', 'signup revoke ann.lee@contoso.example'],
  ],
}
