/** The schemas of resources, as requests and answers name them (RFC 7643). */
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const CORE = 'urn:ietf:params:scim:schemas:core:2.0'

/** The most resources of a page, and the page of a client that names no count. */
export const COUNT_AT_MOST = 200
export const COUNT = 100

/** How far an index reaches into a list. Beyond it a cursor goes on. */
export const INDEX_AT_MOST = 10_000

/** How long a cursor can be followed, in seconds. */
const CURSOR_LASTS = 24 * 60 * 60

interface Attribute {
  name: string
  type: 'string' | 'boolean' | 'complex' | 'reference'
  multiValued: boolean
  description: string
  required: boolean
  mutability: 'readOnly' | 'readWrite' | 'immutable'
  returned: 'default' | 'never'
  caseExact: boolean
  uniqueness: 'none' | 'server'
  canonicalValues?: string[]
  referenceTypes?: string[]
  subAttributes?: Attribute[]
}

const attribute = (name: string, description: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: 'string',
  multiValued: false,
  description,
  required: false,
  mutability: 'readWrite',
  returned: 'default',
  caseExact: false,
  uniqueness: 'none',
  ...more,
})

const several = (name: string, description: string, types: string[], more: Attribute[] = []): Attribute =>
  attribute(name, description, {
    type: 'complex',
    multiValued: true,
    subAttributes: [
      attribute('value', 'The address or number.', { required: true }),
      attribute('type', 'Its use.', { canonicalValues: types }),
      ...more,
    ],
  })

const user: Attribute[] = [
  attribute('userName', 'The name to sign in with, in a proven domain.', { required: true, uniqueness: 'server' }),
  attribute('name', 'The parts of the name.', {
    type: 'complex',
    subAttributes: [attribute('familyName', 'The family name.'), attribute('givenName', 'The given name.')],
  }),
  attribute('displayName', 'The name as colleagues read it.', { required: true }),
  attribute('title', 'The job title.'),
  attribute('preferredLanguage', 'The language of pages and messages, by BCP 47.'),
  attribute('active', 'Whether the person may sign in.', { type: 'boolean', required: true }),
  attribute('password', 'The first password, which the person changes at the first sign-in.', {
    mutability: 'immutable',
    returned: 'never',
    caseExact: true,
  }),
  several(
    'emails',
    'The address at work, and others; the first other one can open a reset.',
    ['work', 'other'],
    [attribute('primary', 'Whether it is the first one.', { type: 'boolean' })],
  ),
  several('phoneNumbers', 'The mobile number and the one at work, which can open a reset.', ['mobile', 'work']),
]

const enterprise: Attribute[] = [
  attribute('employeeNumber', 'The number of the employee.'),
  attribute('department', 'The department.'),
]

const group: Attribute[] = [
  attribute('displayName', 'The name of the group.', { required: true }),
  attribute('members', 'Its members.', {
    type: 'complex',
    multiValued: true,
    subAttributes: [
      attribute('value', 'The id of the member.', { mutability: 'immutable', caseExact: true, required: true }),
      attribute('$ref', 'The address of the member.', {
        type: 'reference',
        referenceTypes: ['User', 'Group'],
        mutability: 'immutable',
        caseExact: true,
      }),
      attribute('type', 'What the member is.', { canonicalValues: ['User', 'Group'], mutability: 'immutable' }),
    ],
  }),
]

const schema = (id: string, name: string, description: string, attributes: Attribute[]) => ({
  schemas: [`${CORE}:Schema`],
  id,
  name,
  description,
  attributes,
  meta: { resourceType: 'Schema', location: `/Schemas/${id}` },
})

const schemas = [
  schema(USER, 'User', 'A person’s account.', user),
  schema(ENTERPRISE, 'EnterpriseUser', 'What a company says of a person besides.', enterprise),
  schema(GROUP, 'Group', 'A set of users and groups.', group),
]

const type = (name: string, endpoint: string, of: string, extensions: string[]) => ({
  schemas: [`${CORE}:ResourceType`],
  id: name,
  name,
  endpoint,
  description: name === 'User' ? 'A person’s account.' : 'A set of users and groups.',
  schema: of,
  ...(extensions.length > 0 && { schemaExtensions: extensions.map(one => ({ schema: one, required: false })) }),
  meta: { resourceType: 'ResourceType', location: `/ResourceTypes/${name}` },
})

const types = [type('User', '/Users', USER, [ENTERPRISE]), type('Group', '/Groups', GROUP, [])]

const config = {
  schemas: [`${CORE}:ServiceProviderConfig`],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: COUNT_AT_MOST },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  pagination: {
    cursor: true,
    index: true,
    defaultPaginationMethod: 'index',
    defaultPageSize: COUNT,
    maxPageSize: COUNT_AT_MOST,
    cursorTimeout: CURSOR_LASTS,
  },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token of this tenant for SCIM, or an access token with Scim.ReadWrite.All.',
      specUri: 'https://www.rfc-editor.org/info/rfc6750',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: '/ServiceProviderConfig' },
}

type Described = { id?: string; meta: { resourceType: string; location: string } }

const placed = (base: string, one: Described) => ({ ...one, meta: { ...one.meta, location: base + one.meta.location } })

/** The answer of an address that describes the service; undefined where there is none. `base`: of the whole door. */
export function describe(base: string, [first = '', id]: readonly string[]): object | undefined {
  const lists: Record<string, readonly Described[]> = { schemas, resourcetypes: types }
  if (first === 'serviceproviderconfig') return id === undefined ? placed(base, config) : undefined
  const all = Object.hasOwn(lists, first) ? lists[first]! : []
  if (id === undefined)
    return all.length > 0
      ? listOf(
          all.map(one => placed(base, one)),
          { total: all.length },
        )
      : undefined
  const found = all.find(one => one.id!.toLowerCase() === id.toLowerCase())
  return found && placed(base, found)
}

/** Whether the address describes the service. */
export const isDescription = (first: string) => ['serviceproviderconfig', 'schemas', 'resourcetypes'].includes(first)

/** A page of a list. */
export const listOf = (
  resources: readonly object[],
  {
    total,
    startIndex = 1,
    nextCursor,
  }: { total: number; startIndex?: number | undefined; nextCursor?: string | undefined },
) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: total,
  itemsPerPage: resources.length,
  ...(nextCursor === undefined ? { startIndex } : { nextCursor }),
  Resources: resources,
})
