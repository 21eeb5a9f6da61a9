import type { Reason } from '@latchkey/protocol'
import type { Change, Client, Entry } from 'ldapts'
import type { Configuration } from './configuration.ts'
import { dirsrvSchema } from './dirsrvPolicy.ts'
import { ipaSchema } from './ipaPolicy.ts'
import { type DirectoryPolicy, ppolicySchema } from './policy.ts'

/** By which attributes a kind of LDAP directory keeps locks, forced changes and password policies. */
export interface PolicySchema {
  /** What operations read of an entry, and what of it a synchronization does. */
  attributes: readonly string[]
  states: readonly string[]
  /** `none`: the agent sees no policy. `several`: nothing that it may read tells which. */
  findPolicy(
    configuration: Pick<Configuration, 'base'>,
    client: Client,
    entry: Entry | undefined,
  ): Promise<DirectoryPolicy | 'none' | 'several'>
  /** Whether an administrator has switched the entry off. */
  isSwitchedOff(entry: Entry): boolean
  /** Whether it is locked after wrong passwords. */
  isLocked(entry: Entry, policy: DirectoryPolicy | undefined): boolean
  /** Whether the directory asks for another password at the next sign-in. */
  mustChange(entry: Entry): boolean
  /** The changes that lift a lock, and those that ask for another password. */
  unlocking(): Change[]
  forcing(): Change[]
  /** The changes by which a person keeps what was set for them, where the directory asks for another after each reset. */
  keeping?(entry: Entry, policy: DirectoryPolicy | undefined): Change[]
  /** Why a password was refused, where the directory's own word is not all that is known. */
  reasonFor?(said: Reason | undefined, newPassword: string, policy: DirectoryPolicy | undefined): Reason | undefined
}

const schemas = { openldap: ppolicySchema, '389ds': dirsrvSchema, freeipa: ipaSchema }

/** Active Directory has other operations, and none of these. */
export const schemaOf = ({ kind }: Pick<Configuration, 'kind'>): PolicySchema =>
  kind === 'active-directory' ? ppolicySchema : schemas[kind]
