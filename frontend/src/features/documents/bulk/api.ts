import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api, take } from '../../../shared/api/client';
import { keys } from '../../../shared/api/keys';
import { useStream } from '../../../shared/api/sse';
import type { BulkJob, BulkOrder } from '../../../shared/api/types';

const PAGE = 50;

/** What an order would do now. It is asked anew whenever the order changes. */
export function usePreview(order: BulkOrder) {
  return useQuery({
    queryKey: [...keys.bulkPreview, order],
    queryFn: ({ signal }) => take(api.POST('/bulk-jobs/preview', { body: order, signal })),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
}

export function useStartJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: BulkOrder) => take(api.POST('/bulk-jobs', { body: order })),
    onSuccess: (job) => {
      client.setQueryData(keys.bulkJob(job.id), job);
      void client.invalidateQueries({ queryKey: keys.bulkJobs });
    },
  });
}

const isOver = (job: BulkJob | undefined) => job !== undefined && !job.open;

/** A job, kept up to date by its own event stream until it is over. */
export function useJob(id: string) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: keys.bulkJob(id),
    queryFn: ({ signal }) => take(api.GET('/bulk-jobs/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (now) => (isOver(now.state.data) ? false : 5000),
  });
  const over = isOver(query.data);
  useStream(query.data === undefined || over ? undefined : `/bulk-jobs/${encodeURIComponent(id)}/events`, ['progress', 'end'], (event) => {
    client.setQueryData(keys.bulkJob(id), event.data as BulkJob);
    void client.invalidateQueries({ queryKey: [...keys.bulkJob(id), 'refusals'] });
  });
  // What the list shows is older than the job's end, however that became known.
  const watched = useRef(false);
  useEffect(() => {
    if (query.data === undefined) return;
    if (over && watched.current) {
      void client.resetQueries({ queryKey: keys.documents });
      void client.invalidateQueries({ queryKey: keys.facets });
      void client.invalidateQueries({ queryKey: keys.bulkJobs });
    }
    watched.current = !over;
  }, [over, query.data, client]);
  return query;
}

export function useMoveJob(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verb: 'pause' | 'resume' | 'cancel') => {
      const order = { params: { path: { id } }, body: {} };
      if (verb === 'pause') return take(api.POST('/bulk-jobs/{id}/pause', order));
      return take(verb === 'resume' ? api.POST('/bulk-jobs/{id}/resume', order) : api.POST('/bulk-jobs/{id}/cancel', order));
    },
    onSuccess: (job) => client.setQueryData(keys.bulkJob(id), job),
    onError: () => void client.invalidateQueries({ queryKey: keys.bulkJob(id) }),
  });
}

/** The documents that a job left alone, page after page. */
export function useRefusals(id: string, wanted: boolean) {
  return useInfiniteQuery({
    queryKey: [...keys.bulkJob(id), 'refusals'],
    queryFn: ({ pageParam, signal }) => take(api.GET('/bulk-jobs/{id}/refusals', { params: { path: { id }, query: { after: pageParam, limit: PAGE } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    enabled: wanted,
  });
}

/** All jobs, the newest first. */
export function useJobs() {
  return useInfiniteQuery({
    queryKey: keys.bulkJobs,
    queryFn: ({ pageParam, signal }) => take(api.GET('/bulk-jobs', { params: { query: { after: pageParam, limit: PAGE } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    staleTime: 0,
  });
}
