/**
 * The built-in roles whose holders count as administrators, who always need two proofs, by their template ids: those of
 * self-service password reset, §2.9, and each that may write something (administration on the wire, §3.1).
 */
const ADMINISTRATORS = {
  'Application Administrator': '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
  'Authentication Administrator': 'c4e39bd9-1100-46d3-8c65-fb160da0071f',
  'Authentication Policy Administrator': '0526716b-113d-4c15-b2c8-68e3c22b9f80',
  'Billing Administrator': 'b0f54661-2d74-4c50-afa3-1ec803f12efe',
  'Cloud Application Administrator': '158c047a-c907-4556-b7ef-446551a6b5f7',
  'Cloud Device Administrator': '7698a772-787b-4ac8-901f-60d6b08affd2',
  'Compliance Administrator': '17315797-102d-40b4-93e0-432062caca18',
  'Directory Synchronization Accounts': 'd29b2b05-8046-44ba-8758-1e26182fcf32',
  'Directory Writers': '9360feb5-f418-4baa-8175-e2a00bac4301',
  'Domain Name Administrator': '8329153b-31d0-4727-b945-745eb3bc5f31',
  'Dynamics 365 Administrator': '44367163-eba1-44c3-98af-f5787879f96a',
  'Exchange Administrator': '29232cdf-9323-42fd-ade2-1d097af3e4de',
  'Global Administrator': '62e90394-69f5-4237-9190-012177145e10',
  'Groups Administrator': 'fdd7a751-b60b-444a-984c-02652fe8fa1c',
  'Helpdesk Administrator': '729827e3-9c14-49f7-bb1b-9608f156bbb8',
  'Intune Administrator': '3a2c62db-5318-420d-8d74-23affee5d9d5',
  'Microsoft Entra Joined Device Local Administrator': '9f06204d-73c1-4d4c-880a-6edb90606fd8',
  'Organizational Branding Administrator': '92ed04bf-c94a-4b82-9729-b799a7a4c178',
  'Partner Tier1 Support': '4ba39ca4-527c-499a-b93d-d9b492c50246',
  'Partner Tier2 Support': 'e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8',
  'Password Administrator': '966707d0-3269-4727-9be2-8c3a10f19b9d',
  'Power Platform Administrator': '11648597-926c-4cf3-9c36-bcebb0ba8dcc',
  'Privileged Authentication Administrator': '7be44c8a-adaf-4e2a-84d6-ab2649e08a13',
  'Privileged Role Administrator': 'e8611ab8-c189-46e8-94e1-60213ab1f814',
  'Security Administrator': '194ae4cb-b126-40b2-bd5b-6091b380977d',
  'Service Support Administrator': 'f023fd81-a637-4b56-95fd-791ac0226033',
  'SharePoint Administrator': 'f28a1f50-f6e7-4571-818b-6a12f2af6b6c',
  'Skype for Business Administrator': '75941009-915a-4869-abe7-691bff18279e',
  'Teams Administrator': '69091246-20e8-4a56-aa4d-066075b2a7a8',
  'Teams Communications Administrator': 'baf37b3a-610e-45da-9e62-d9d1e5e8914b',
  'Teams Devices Administrator': '3d762c5a-1b6c-493f-843e-55a3b42923d4',
  'User Administrator': 'fe930be7-5e62-47db-91af-98c3a49a38b1',
  // Ours: it opens something in the operator's tenant alone (partners on the wire, §5).
  'Verification Reviewer': '2c8f4d1e-6b0a-4f57-9a33-5d1be07c94f2',
} as const

/** Built-in roles that let their holders see or organize something, without making administrators of them. */
const OTHERS = {
  'Directory Readers': '88d8e3e3-8f55-4a1e-953a-9b9898b8876b',
  'External Identity Provider Administrator': 'be2f45a1-457d-42af-a067-6ec1fa63bc45',
  'Global Reader': 'f2ef992c-3afb-46b9-b7cf-a126ee74c451',
  'Guest Inviter': '95e79109-95c0-4d8e-aee3-d01accf2d47b',
  'License Administrator': '4d6ac14f-3453-41d0-bef9-a3e0c569773a',
  'Message Center Reader': '790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b',
  'Reports Reader': '4a5d8f65-41da-4de4-8968-e035b65339cf',
  'Security Operator': '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f',
  'Security Reader': '5d6b6bb7-de71-4623-b4af-96380a352509',
  'Tenant Creator': '112ca1a2-15ad-4102-995e-45b0bc479a6a',
  'Usage Summary Reports Reader': '75934031-6c7e-415a-99d7-48dbd49e875e',
  'User Experience Success Manager': '27460883-1df1-4691-b032-3b79643e5e63',
} as const

export type Role = keyof typeof ADMINISTRATORS | keyof typeof OTHERS

/** The roles of a partner's people at home: the agents are three groups, the others are assigned. */
export type PartnerRole = 'Admin agent' | 'Helpdesk agent' | 'Sales agent' | 'Account admin' | 'Membership admin'

/** Every role by its name, with the template id by which programs know it in every tenant. */
export const templateIds: Readonly<Record<Role, string>> = { ...ADMINISTRATORS, ...OTHERS }

/** Every role that can be assigned. */
export const roles = Object.keys(templateIds) as readonly Role[]

export const isAdministrator = (holder: { roles: readonly Role[] }) =>
  holder.roles.some(role => Object.hasOwn(ADMINISTRATORS, role))
