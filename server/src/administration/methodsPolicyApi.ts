import { Type } from 'typebox'
import { type Api, rowAnswer } from '../api/index.ts'
import {
  ALL_USERS,
  type ConfigurationName,
  configurationNames,
  configurations,
  type MethodConfiguration,
} from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import {
  changeMethodOfPolicy,
  changeMethodsPolicy,
  METHOD_CONFIGURATION,
  METHODS_POLICY,
  readConfigurationName,
  readMethodOfPolicy,
  readMethodsPolicy,
  type WholeMethodsPolicy,
} from './methodsPolicy.ts'

const Exactly = { additionalProperties: false }

/** Every property of any method: which of them it has, the rule judges. */
const Changes = Type.Partial(configurations.TemporaryAccessPass.schema, Exactly)
const Configuration = Type.Object({ id: Type.Enum([...configurationNames]), ...Changes.properties })

/** People put registration off until the next sign-in, and everybody is asked: so far Graph's campaign fits ours. */
const Campaign = Type.Object(
  {
    state: Type.Optional(Type.Enum(['enabled', 'disabled'])),
    enforceRegistrationAfterAllowedSnoozes: Type.Optional(Type.Boolean()),
    snoozeDurationInDays: Type.Optional(Type.Literal(0)),
    includeTargets: Type.Optional(
      Type.Array(Type.Object({ id: Type.Literal(ALL_USERS), targetType: Type.Literal('group') }, Exactly), {
        minItems: 1,
        maxItems: 1,
      }),
    ),
    excludeTargets: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
  },
  Exactly,
)
const changed = {
  reconfirmationInDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 730 })),
  registrationEnforcement: Type.Optional(
    Type.Object({ authenticationMethodsRegistrationCampaign: Type.Optional(Campaign) }, Exactly),
  ),
}
const Policy = Type.Object({
  id: Type.String(),
  displayName: Type.String(),
  description: Type.String(),
  lastModifiedDateTime: Type.String({ format: 'date-time' }),
  policyVersion: Type.String(),
  policyMigrationState: Type.String(),
  ...changed,
  authenticationMethodConfigurations: Type.Array(
    // Ours: the ids of the policies that the method cannot be turned off for, or `signInPolicy`.
    Type.Object({ ...Configuration.properties, neededBy: Type.Array(Type.String()) }),
  ),
})

const NAME = 'authenticationMethodsPolicy'

/** The methods that a tenant has on (administration on the wire, §2.5), in Microsoft Graph's shapes. */
export function methodsPolicyApi(api: Api) {
  api.add({
    method: 'GET',
    path: METHODS_POLICY,
    action: 'policies.read',
    summary: 'Read which methods are on, and for whom',
    context: `policies/${NAME}`,
    answer: rowAnswer(Policy, NAME),
    status: 200,
    async handle({ db, tenantId }) {
      const read = await inTenant(db, tenantId, readMethodsPolicy)
      const etag = `W/"${read.version}"`
      return { json: { '@odata.etag': etag, ...policyView(read) }, etag }
    },
  })
  api.add({
    method: 'PATCH',
    path: METHODS_POLICY,
    action: 'methodsPolicy.write',
    summary: 'Change whether people must register methods, and how often they confirm them',
    body: Type.Object(changed, Exactly),
    readOnly: Object.keys(Policy.properties).filter(name => !Object.hasOwn(changed, name)),
    status: 204,
    async handle({ db, act, tenantId, body: changes, headers }) {
      const change = { changes, ifMatch: headers['if-match'] }
      await inTenant(db, tenantId, trx => changeMethodsPolicy(trx, act, change))
      return {}
    },
  })
  api.add({
    method: 'GET',
    path: METHOD_CONFIGURATION,
    action: 'policies.read',
    summary: 'Read for whom a method is on',
    context: `policies/${NAME}/authenticationMethodConfigurations/$entity`,
    answer: rowAnswer(Configuration, 'authenticationMethodConfiguration'),
    status: 200,
    async handle({ db, tenantId, params }) {
      const name = readConfigurationName(params.name)
      const { configuration, version } = await inTenant(db, tenantId, trx => readMethodOfPolicy(trx, name))
      const etag = `W/"${version}"`
      return { json: { '@odata.etag': etag, ...configurationView(name, configuration) }, etag }
    },
  })
  api.add({
    method: 'PATCH',
    path: METHOD_CONFIGURATION,
    action: 'methodsPolicy.write',
    summary: 'Turn a method on or off, for everybody or for groups; properties that are left out stay',
    body: Changes,
    readOnly: ['id'],
    status: 204,
    async handle({ db, act, tenantId, params, body, headers }) {
      const change = {
        name: readConfigurationName(params.name),
        changes: body as object,
        ifMatch: headers['if-match'],
      }
      await inTenant(db, tenantId, trx => changeMethodOfPolicy(trx, act, change))
      return {}
    },
  })
}

const policyView = ({ methods, registration, neededBy, changedAt }: WholeMethodsPolicy) => ({
  id: NAME,
  displayName: 'Authentication Methods Policy',
  description: 'Which methods people can register, reset their password and sign in by.',
  lastModifiedDateTime: changedAt.toISOString(),
  policyVersion: '1.0',
  policyMigrationState: 'migrationComplete',
  reconfirmationInDays: registration.reconfirmAfterDays,
  registrationEnforcement: {
    authenticationMethodsRegistrationCampaign: {
      state: registration.registrationRequired ? 'enabled' : 'disabled',
      enforceRegistrationAfterAllowedSnoozes: !registration.registrationMayBePutOff,
      snoozeDurationInDays: 0,
      includeTargets: [{ id: ALL_USERS, targetType: 'group' }],
      excludeTargets: [],
    },
  },
  authenticationMethodConfigurations: configurationNames.map(name => ({
    ...configurationView(name, methods[name]),
    neededBy: neededBy[name],
  })),
})

function configurationView(name: ConfigurationName, { includeTargets, ...configuration }: MethodConfiguration) {
  const type = `${name[0]!.toLowerCase()}${name.slice(1)}AuthenticationMethodConfiguration`
  return {
    '@odata.type': `#microsoft.graph.${type}`,
    id: name,
    ...configuration,
    includeTargets: includeTargets.map(target => ({ ...target, isRegistrationRequired: false })),
  }
}
