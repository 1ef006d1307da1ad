import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, take } from '~/shared/api/client';
import { keys } from '~/shared/api/keys';
import type { Json } from '~/shared/api/types';
import { isObject, setSetting, settingsOf } from '~/model/document';
import { change } from '../actions';
import { current, documentNow } from '../designer.store';

/** A derived operation that is not saved yet. */
export interface Draft {
  name: string;
  body: Json;
}

/** What an operation of a form would be, by what the system behind a connection tells of it. */
export const draftOfForm = (connection: string, operation: string, form: string): Promise<Draft> => take(api.POST('/operations/draft', { body: { connection, operation, form } }));

/** What it would be by a document, which is what is sent (request) or what is answered. */
export const draftOfSample = (connector: string, operation: string, form: string, sample: Json, request: boolean): Promise<Draft> =>
  take(api.POST('/operations/draft', { body: { connector, operation, form, sample, request } }));

/** What the operations of a sheet of fields would be. */
export const draftsOfFile = async (connector: string, file: File): Promise<Draft[]> =>
  (await take(api.POST('/operations/draft/file', { params: { query: { connector } }, body: '', bodySerializer: () => file, headers: { 'Content-Type': 'application/octet-stream' } }))).items;

export const saveDerived = (draft: Draft): Promise<Draft> => take(api.POST('/operations', { body: draft }));

const rowsOf = (value: Json | undefined) => (Array.isArray(value) ? value.filter(isObject) : []);

/** Has a node use a derived operation, which brings the parameters that it fixes. */
export function useAdopt(node: string): (made: Draft) => void {
  const queries = useQueryClient();
  return useCallback((made: Draft) => {
    void queries.invalidateQueries({ queryKey: keys.connectors });
    const { params } = settingsOf(current().graph.nodes.get(node));
    const fixed = new Set(isObject(made.body) ? rowsOf(made.body.params).map((row) => row.field) : []);
    const rest = Array.isArray(params) ? params.filter((row) => !isObject(row) || !fixed.has(row.field)) : params;
    change(setSetting(setSetting(documentNow(), node, 'operation', made.name), node, 'params', rest));
  }, [queries, node]);
}
