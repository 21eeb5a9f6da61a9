import type { PartnerRole, Role } from './roles.ts'

/** The kind of a sign-in: `pwd` a password alone, `mfa` a password and a proof, or a passkey that verified its user. */
export type Acr = 'pwd' | 'mfa'

/** The permissions that a session or token carries, by the names of Microsoft Graph and our own. */
export type Scopes = readonly string[]

/** The actor of an act. */
export type Actor =
  /** Typed a name and proved nothing. `id`: the account that the name leads to, for the audit log alone. */
  | { kind: 'anyone'; name?: string; id?: string }
  | {
      kind: 'user'
      id: string
      tenantId: string
      name: string
      roles: readonly (Role | PartnerRole)[]
      scopes: Scopes
      proof: { acr: Acr; authTime: Date }
    }
  /** A partner's person in a customer's tenant, with the roles of the relationship. */
  | {
      kind: 'partner'
      id: string
      tenantId: string
      name: string
      /** The person's real name, and their firm. */
      displayName: string
      home: { tenantId: string; name: string }
      /** The relationship that opens it; null for a DAP. */
      relationshipId: string | null
      /** The application by which they act: its name and its id. */
      application: string
      applicationId: string
      roles: readonly Role[]
      scopes: Scopes
      proof: { acr: Acr; authTime: Date }
    }
  /** A program with a token of its own. `roles`: its principal's. `owners`: the users whose rights it would raise by raising its own. */
  | {
      kind: 'application'
      id: string
      tenantId: string
      name: string
      roles: readonly Role[]
      scopes: Scopes
      owners: readonly string[]
    }
  | { kind: 'operator' }
  | { kind: 'system' }

/** A person signed in in their own tenant. */
export type SignedIn = Extract<Actor, { kind: 'user' }>

/**
 * A holder of rights. `owned`: by the actor. `joined`: the actor is a member. `roleAssignable` of a user: a member or
 * owner of a group that can hold roles. `settlingUntil`, in milliseconds: until then nobody acts on those who were there
 * before a takeover.
 */
export type Principal =
  | {
      kind: 'user'
      tenantId: string
      id: string
      roles: readonly Role[]
      roleAssignable: boolean
      settlingUntil: number | null
    }
  /** `adds`: the new member or owner of this act. */
  | {
      kind: 'group'
      tenantId: string
      id: string
      roleAssignable: boolean
      owned: boolean
      joined: boolean
      adds: string | undefined
    }
  /** `escalating`: it holds a role, or a permission that opens others. */
  | { kind: 'servicePrincipal'; tenantId: string; id: string; owned: boolean; escalating: boolean }

/** The target of an act. `escalating` of an application: its principal is; of a grant: its permission is. */
export type Target =
  | Principal
  | { kind: 'application'; tenantId: string; id: string; owned: boolean; escalating: boolean }
  | { kind: 'roleAssignment'; tenantId: string; role: Role; principal: Principal }
  | { kind: 'grant'; tenantId: string; escalating: boolean; principal: Principal }
  /** `settlingUntil`: where the act is on everybody at once. */
  | { kind: 'tenant'; tenantId: string; settlingUntil?: number | null }
  | { kind: 'policy' | 'domain' | 'relationship'; tenantId: string; id: string }
