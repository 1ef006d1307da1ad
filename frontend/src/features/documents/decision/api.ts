import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../../shared/api/client';
import { keys } from '../../../shared/api/keys';
import type { DecisionQuestion, DecisionSheet } from '../../../shared/api/types';
import { parseKeeping, type RawJson } from '../../../shared/lib/json';
import { readDocument } from '../model/detail';

export type Question = Omit<DecisionQuestion, 'sent' | 'answer' | 'found'> & { sent?: RawJson; answer?: RawJson; found?: RawJson };
export type Sheet = Omit<DecisionSheet, 'questions'> & { questions: Question[] };

const BODIES = new Set(['sent', 'answer', 'found']);

/** What there is to decide about a document; bodies stay exactly as they were written. */
export function useDecisions(id: string) {
  return useQuery({
    queryKey: [...keys.document(id), 'decisions'],
    queryFn: async ({ signal }) => parseKeeping(await take(api.GET('/documents/{id}/decisions', { params: { path: { id } }, parseAs: 'text', signal })), BODIES) as Sheet,
  });
}

export interface Acceptance {
  node: string;
  part: number;
  targetId?: string;
  targetNumber?: string;
  note?: string;
  seen?: string;
}

/** Takes a delivery for written: a person found it in the target. */
export function useAccept(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Acceptance) => take(api.POST('/documents/{id}/accept', { params: { path: { id } }, body, parseAs: 'text' })),
    onSuccess: (text) => {
      client.setQueryData(keys.document(id), readDocument(text));
      void client.invalidateQueries({ queryKey: [...keys.document(id), 'decisions'] });
      void client.invalidateQueries({ queryKey: keys.documents });
      void client.invalidateQueries({ queryKey: keys.facets });
    },
    onError: () => void client.invalidateQueries({ queryKey: keys.document(id) }),
  });
}
