import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'
import type { components } from '../../api/schema.d.ts'
import type { CustomersSearch, Status } from './address.ts'
import { filterOf } from './filter.ts'

export type Customer = Required<components['schemas']['partnerCustomer']>
export type Relationship = Required<components['schemas']['delegatedAdminRelationship']>
export type Assignment = components['schemas']['delegatedAdminAccessAssignment']
export type Invitation = components['schemas']['partnerInvitation']

/** The companies that the firm sells to, or may act for now. */
export const customers = (search: Partial<CustomersSearch>) =>
  infiniteQueryOptions({
    queryKey: ['customers', 'list', search],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      pageOf<Customer>(
        api.GET('/partner/customers', {
          params: { query: { ...pageQuery(pageParam), ...filterOf(search), $orderby: 'displayName' } },
          signal,
        }),
      ),
    getNextPageParam: ({ next }) => next,
  })

/** One customer; null where it is none (any more). */
export const customer = (id: string) =>
  queryOptions({
    queryKey: ['customers', 'one', id],
    queryFn: () =>
      orNull(
        dataOf(api.GET('/partner/customers/{customerTenantId}', { params: { path: { customerTenantId: id } } })),
      ) as Promise<Customer | null>,
  })

/** What one may do oneself in a customer's tenant now, and by what. */
export const ownAccess = (id: string) =>
  queryOptions({
    queryKey: ['customers', 'access', id],
    queryFn: () =>
      dataOf(api.GET('/partner/customers/{customerTenantId}/access', { params: { path: { customerTenantId: id } } })),
  })

/** The firm's relationships, the newest first. */
export const relationships = ({ status, customer: id }: { status?: Status; customer?: string }) =>
  infiniteQueryOptions({
    queryKey: ['customers', 'relationships', status, id],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const filters = [status && `status eq '${status}'`, id && `customer/tenantId eq '${id}'`].filter(Boolean)
      const $filter = filters.join(' and ')
      const query = { ...pageQuery(pageParam), ...($filter && { $filter }), $orderby: 'createdDateTime desc' }
      return pageOf<Relationship>(
        api.GET('/tenantRelationships/delegatedAdminRelationships', { params: { query }, signal }),
      )
    },
    getNextPageParam: ({ next }) => next,
  })

/** One relationship; null where there is none (any more). */
export const relationship = (id: string) =>
  queryOptions({
    queryKey: ['customers', 'relationship', id],
    queryFn: () =>
      orNull(
        dataOf(api.GET('/tenantRelationships/delegatedAdminRelationships/{id}', { params: { path: { id } } })),
      ) as Promise<Relationship | null>,
  })

/** The groups of the firm that a relationship reaches. */
export const assignments = (id: string) =>
  queryOptions({
    queryKey: ['customers', 'assignments', id],
    queryFn: async () =>
      (
        await dataOf(
          api.GET('/tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments', {
            params: { path: { id } },
          }),
        )
      ).value,
  })

/** The delegated administration that customers have given. */
export const delegations = queryOptions({
  queryKey: ['customers', 'delegations'],
  queryFn: async () => (await dataOf(api.GET('/partner/delegations'))).value,
})

/** The firm's invitations. */
export const invitations = queryOptions({
  queryKey: ['customers', 'invitations'],
  queryFn: async () => (await dataOf(api.GET('/partner/invitations'))).value,
})

/** The firm's resellers, or its providers. */
export const partnerships = queryOptions({
  queryKey: ['customers', 'partnerships'],
  queryFn: async () => (await dataOf(api.GET('/partner/partnerships'))).value,
})
