import { Type } from 'typebox'

const optional = (longest: number) =>
  Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: longest }), Type.Null()]))
const country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166' })
const language = Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$', description: 'BCP 47' })

const PasswordProfile = Type.Object(
  {
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    forceChangePasswordNextSignIn: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

const changeable = {
  givenName: optional(64),
  surname: optional(64),
  department: optional(64),
  companyName: optional(64),
  mailNickname: optional(64),
  jobTitle: optional(128),
  officeLocation: optional(128),
  city: optional(128),
  state: optional(128),
  country: optional(128),
  postalCode: optional(40),
  streetAddress: optional(1024),
  employeeId: optional(16),
  usageLocation: Type.Optional(Type.Union([country, Type.Null()])),
  preferredLanguage: Type.Optional(Type.Union([language, Type.Null()])),
  mail: optional(320),
  mobilePhone: optional(64),
  businessPhones: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 1 })),
  otherMails: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 320 }), { maxItems: 20, uniqueItems: true }),
  ),
  onPremisesImmutableId: optional(256),
  passwordPolicies: Type.Optional(Type.Union([Type.Literal('DisablePasswordExpiration'), Type.Null()])),
}
const displayName = Type.String({ minLength: 1, maxLength: 256 })
const userPrincipalName = Type.String({ minLength: 3, maxLength: 113 })

/** What a change of a user takes. */
export const UserChanges = Type.Object(
  {
    ...changeable,
    displayName: Type.Optional(displayName),
    userPrincipalName: Type.Optional(userPrincipalName),
    accountEnabled: Type.Optional(Type.Boolean()),
    passwordProfile: Type.Optional(PasswordProfile),
  },
  { additionalProperties: false },
)

/** What a new user takes. */
export const NewUser = Type.Object(
  {
    ...changeable,
    displayName,
    userPrincipalName,
    accountEnabled: Type.Boolean(),
    passwordProfile: Type.Object(
      { ...PasswordProfile.properties, password: Type.String({ minLength: 1, maxLength: 1024 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
