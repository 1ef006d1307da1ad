import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { NodeDeclaration } from '~/shared/api/types';
import { textIn } from '~/shared/i18n/useText';
import { matches } from '~/model/pinyin';
import { useDesigner } from '../designer.store';

export interface Category {
  id: string;
  title: string;
  types: NodeDeclaration[];
}

/** Node types that match a search, by category, in the order the server gives. */
export function useCatalogue(query: string, fits: (declaration: NodeDeclaration) => boolean = () => true): Category[] {
  const { t } = useTranslation('designer');
  const types = useDesigner((state) => state.types);
  return useMemo(() => {
    const groups = new Map<string, NodeDeclaration[]>();
    for (const one of types.values()) {
      if (!fits(one) || !matches(query, one.title.zh, one.title.en, one.type, textIn(one.describe, 'zh-CN'))) continue;
      groups.set(one.category, [...(groups.get(one.category) ?? []), one]);
    }
    return [...groups].map(([id, list]) => ({ id, title: t(`category.${id}`, { defaultValue: id }), types: list }));
  }, [types, query, fits, t]);
}
