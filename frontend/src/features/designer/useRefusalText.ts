import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { textIn } from '~/shared/i18n/useText';
import type { Refusal } from '~/model/connect';
import { declarationOf } from '~/model/graph';
import { current } from './designer.store';

/** What a node is called, for messages made outside of a component's drawing. */
export function nameOf(id: string, language: string): string {
  const { graph } = current();
  const title = graph.nodes.get(id)?.title ?? '';
  return title !== '' ? title : textIn(declarationOf(graph, id)?.title, language) || id;
}

/** A refusal in words. */
export function useRefusalText(): (refusal: Refusal) => string {
  const { t, i18n } = useTranslation('designer');
  return useCallback((refusal) => t(`refusal.${refusal.code}`, { from: nameOf(refusal.from, i18n.language), to: nameOf(refusal.to, i18n.language) }), [t, i18n.language]);
}
