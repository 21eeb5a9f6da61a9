/**
 * What passes between the server and an agent in a company's network. The server's frames are JWEs for the agent's key,
 * the agent's are JWS of its key. Types alone: both sides check what they read.
 */

/** What an agent sends to enrol, once, with a token that an administrator gave it. */
export interface Enrolment {
  token: string
  /** What administrators call it: the name of its machine. */
  name: string
  version: string
  /** Public keys as JWK: its answers are signed by one, requests are sealed to the other. */
  signingKey: Record<string, unknown>
  sealingKey: Record<string, unknown>
}

export interface Enrolled {
  tenantId: string
  agentId: string
}

/** The first frame of a link, from the server, and the only one in clear: the agent signs `link` in each of its frames. */
export interface Greeting {
  link: string
  /** The server's clock, in milliseconds since 1970. */
  now: number
}

/** What every frame of an agent signs: the link that it was made for, and its number there, so that none can be repeated. */
export interface Signed<Said> {
  link: string
  number: number
  said: Said
}

/** `work`: takes requests, and brings who changes. `sync`: brings people once, beside the agent that works. */
export type Purpose = 'work' | 'sync'

export type Said =
  | { kind: 'hello'; tenantId: string; agentId: string; purpose: Purpose; version: string }
  | { kind: 'beat' }
  /** It takes no more requests: it ends once what it has is carried out. */
  | { kind: 'leave' }
  | { kind: 'answer'; nonce: string; answer: Answer }
  | { kind: 'event'; event: AgentEvent }
  /** `id`: the answer names it, so that none can be repeated. */
  | { kind: 'sync'; id: string; step: SyncStep }
  | ({ kind: 'keys'; id: string } & NextKeys)

/** The agent's next public keys. `proof`: a JWS by the next signing key of `KeysProof`, so that nobody offers another's. */
export interface NextKeys {
  signingKey: Record<string, unknown>
  sealingKey: Record<string, unknown>
  proof: string
}

export interface KeysProof {
  link: string
  agentId: string
  sealingKey: Record<string, unknown>
}

/** An event by the codes of writeback (self-service password reset, §9.8). `detail` holds no password. */
export interface AgentEvent {
  code: number
  detail: string
}

/** What the server asks of a directory. `anchor`: the entry's id, which stays when it is renamed or moved. */
export type Operation =
  | { kind: 'reset'; anchor: string; newPassword: string; mustChange: boolean; byAdministrator: boolean }
  | { kind: 'change'; anchor: string; currentPassword: string; newPassword: string }
  | { kind: 'unlock'; anchor: string }
  | { kind: 'verify'; anchor: string; password: string }
  /** How the entry stands, and the rules for its next password. */
  | { kind: 'look'; anchor: string }
  /** The work of a verification on nobody's entry, so that times are alike. `padding`: so that sizes are. */
  | { kind: 'ping'; padding: string }
  /** What became of an earlier request. */
  | { kind: 'outcome'; of: string }

/** What is sealed to the agent. `expires`: milliseconds since 1970, after which nothing is written. */
export interface SealedRequest {
  tenantId: string
  agentId: string
  nonce: string
  expires: number
  operation: Operation
  /** The part of the server's work that asks (W3C Trace Context), where traces are exported. */
  traceparent?: string | undefined
}

/** Why a directory refuses a password. */
export type Reason = 'too_short' | 'too_simple' | 'in_history' | 'too_young' | 'too_long' | 'contains_name' | 'other'

/** The rules that a directory judges a person's next password by. */
export interface DirectoryRules {
  minimumLength: number
  history: number
  complexity?: boolean
  minimumAgeDays?: number
}

/** When a directory locks an entry: after so many wrong passwords within so many seconds; null: they are never forgotten. */
export interface DirectoryLockout {
  threshold: number
  seconds: number | null
}

/** How an entry stands, as far as the agent may read it. */
export interface Standing {
  isLocked: boolean
  rules?: DirectoryRules
  /** Absent: the directory locks nobody. */
  lockout?: DirectoryLockout
}

/**
 * A directory's own word. `refused`: no to the password. `failed`: no to the agent, with its reason for administrators.
 * `silent`: it did not answer; `mayBeDone`: a write had begun, so nobody knows. `unknown`: no such request was seen.
 */
export type Answer =
  /** `right`, `mustChange` and `standing` answer a verification, `standing` a look. */
  | { outcome: 'done'; right?: boolean; mustChange?: boolean; standing?: Standing }
  | { outcome: 'refused'; reasons: Reason[] }
  | { outcome: 'incorrect' }
  | { outcome: 'failed'; code: number; detail: string }
  | { outcome: 'silent'; detail: string; mayBeDone?: true }
  | { outcome: 'unknown' }

/** A person as a company's directory has them. Null: it has none; absent: nobody said which attribute that is. */
export interface DirectoryPerson {
  anchor: string
  userPrincipalName: string
  enabled: boolean
  locked: boolean
  /** The directory guards the entry (AdminSDHolder): no agent writes to it. */
  guarded: boolean
  displayName?: string | null
  givenName?: string | null
  surname?: string | null
  mail?: string | null
  mobilePhone?: string | null
  businessPhones?: string[]
  otherMails?: string[]
}

/** An entry in short, before its person: who is there, by which name, and whether enabled. */
export type DirectoryEntry = [anchor: string, userPrincipalName: string, enabled: boolean]

/** A group as a company's directory has it. `isPopulated`: it has members who are brought. */
export interface DirectoryGroup {
  anchor: string
  displayName: string
  description: string | null
  isPopulated: boolean
}

/** Some members of a group, people and groups, by their anchors. `continues`: more of them follow in the next part. */
export interface MembersPart {
  of: string
  members: string[]
  continues: boolean
}

/**
 * A step of a synchronization; each has one answer, and the next waits for it. `whole`: who is not among the entries has
 * left. `changes`: `gone` are those who left, people and groups. Nothing changes before `judge` was answered by `ready`. `byItself`: nobody
 * has asked for it, so that it only goes on where one was done before. `groups`: groups are brought too, whole or those
 * that changed; `members` are told after all people, of each group that was told before.
 */
export type SyncStep =
  | { name: 'begin'; mode: 'whole' | 'changes'; dryRun: boolean; byItself: boolean; groups?: boolean }
  | { name: 'entries'; entries: DirectoryEntry[] }
  | { name: 'gone'; anchors: string[] }
  | { name: 'groups'; groups: DirectoryGroup[] }
  | { name: 'judge' }
  | { name: 'people'; people: DirectoryPerson[] }
  | { name: 'members'; parts: MembersPart[] }
  | { name: 'end' }

/** What a synchronization does, or would do, to one person. */
export interface SyncChange {
  act: 'add' | 'join' | 'change' | 'enable' | 'disable' | 'skip'
  userPrincipalName: string
  why?: string
}

/** What a synchronization does, or would do, to one group. `empty`: it has left, and has no members any more. */
export interface GroupChange {
  act: 'add' | 'change' | 'empty' | 'skip'
  displayName: string
  why?: string
}

/** How much a synchronization would take away, of how much. */
export interface Share {
  leaving: number
  of: number
}

/**
 * The server's answer to a step. `busy`: another synchronization of the tenant is at work. `stopped`: by the brake, and
 * nothing has changed; `groups` would lose all members. `begun`: false where one that began by itself may not go on.
 */
export type SyncReply =
  | { outcome: 'ready'; begun: boolean }
  | { outcome: 'busy' }
  | ({ outcome: 'stopped'; groups?: Share } & Share)
  | { outcome: 'done'; changes: SyncChange[]; groups?: GroupChange[] }
  | { outcome: 'failed'; detail: string }

/** Whether the server uses the agent's next keys now. */
export type KeysReply = { outcome: 'kept' } | { outcome: 'failed'; detail: string }

/** What is sealed to an agent in answer to a step. */
export interface SealedReply {
  tenantId: string
  agentId: string
  to: string
  reply: SyncReply
}

/** What is sealed to the next key in answer to its offer: from then on the server seals to no other. */
export interface SealedKeys {
  tenantId: string
  agentId: string
  to: string
  keys: KeysReply
}
